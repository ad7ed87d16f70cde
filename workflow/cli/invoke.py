"""``lakescrub invoke``: one deployed function on a sample event."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from workflow.cli.options import DEFAULT_STACK, Endpoint, Stack, open_workbench
from workflow.cli.output import ExitCode, print_json, say
from workflow.errors import NotFound, UsageError


def invoke(
    function: Annotated[
        str, typer.Argument(metavar="FUNCTION", help="Its name, such as scrub_object.")
    ],
    *,
    event: Annotated[Path, typer.Option(help="A file with the event as JSON; - for stdin.")],
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
) -> None:
    """Run one deployed function on an event, and print what it answers.

    lakescrub invoke schedule_objects --event tests/events/s3-put.json
    lakescrub invoke inspect_object --event - < event.json
    """
    from workflow.aws.function_calls import call_function  # noqa: PLC0415 -- boto3 is slow

    payload = _event(event)
    bench = open_workbench(stack, endpoint_url)
    answer = call_function(
        bench.client("lambda"), _deployed(bench.deployment.functions, function), payload
    )
    if answer.failure is not None:
        say(f"{function} failed: {answer.failure.name}: {answer.failure.reason}")
        raise typer.Exit(ExitCode.OTHER)
    print_json(answer.payload)


def _deployed(functions: dict[str, str], name: str) -> str:
    wanted = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().replace("-", "_")
    if wanted not in functions:
        raise NotFound(f"there is no function {name!r}; there is {', '.join(sorted(functions))}")
    return functions[wanted]


def _event(file: Path) -> Any:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not UTF-8 text") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file}:{error.lineno}: not JSON: {error.msg}") from None
