"""What the command line says, and how it exits, when a command ends with an error."""

import os
import traceback

import typer

from workflow.boundary import reduced
from workflow.cli.output import ExitCode, say
from workflow.errors import (
    LakescrubError,
    NotFound,
    ObjectMissing,
    PermanentError,
    PolicyError,
    UnknownVersion,
    UsageError,
)

# The first that fits: a subclass stands before its parent.
_EXIT_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (UsageError, ExitCode.USAGE),
    (PolicyError, ExitCode.POLICY),
    (NotFound, ExitCode.NOT_FOUND),
    (ObjectMissing, ExitCode.NOT_FOUND),
    (UnknownVersion, ExitCode.NOT_FOUND),
    (PermanentError, ExitCode.REFUSED),
)


def refuse(error: Exception) -> int:
    """Say what went wrong on stderr and give the exit code.

    The text of an error that is not ours may quote an object's content, so only its type and
    place are told; ``LAKESCRUB_DEBUG=1`` shows the traceback.
    """
    if os.environ.get("LAKESCRUB_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, typer.Abort):
        say("stopped")
        return ExitCode.OTHER
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, LakescrubError):
        say(_text(error))
        return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), ExitCode.OTHER)
    say(_text(reduced(error)))
    return ExitCode.OTHER


def _text(error: LakescrubError) -> str:
    # A policy's lines start with file and line, as editors expect; the others say what they are.
    kind = "" if isinstance(error, PolicyError | UsageError | NotFound) else type(error).__name__
    return f"{kind}: {error}" if kind else str(error)


def _usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    # A group that is named without a command answers with its help.
    hint = "" if context is None or "\n" in message else f" (try: {context.command_path} --help)"
    say(f"{message}{hint}")
    return ExitCode.USAGE
