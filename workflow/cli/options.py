"""Options that several commands share, and the stack that they name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from workflow.entry import Entry
from workflow.errors import NotFound, UsageError
from workflow.messages import ObjectPath

if TYPE_CHECKING:
    from workflow.aws.workbench import Workbench

DEFAULT_STACK = "lakescrub-dev"

Stack = Annotated[str, typer.Option("--stack", envvar="LAKESCRUB_STACK", help="The stack's name.")]
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        envvar="AWS_ENDPOINT_URL",
        help="Where the services are; by default on AWS.",
    ),
]
PathArgument = Annotated[
    str, typer.Argument(metavar="PATH", help="s3://bucket/key, or a key of the lake.")
]
Version = Annotated[
    str | None, typer.Option("--version", help="One upload of the key, as `ledger show` names it.")
]


def open_workbench(stack: str, endpoint_url: str | None) -> "Workbench":
    """Find the stack that a command works on.

    Raises:
        LakescrubError: There is no such stack, or it cannot be reached.
    """
    from workflow.aws.workbench import Workbench  # noqa: PLC0415 -- boto3 is slow to import

    return Workbench.open(stack, endpoint_url=endpoint_url or None)


def uploads(bench: "Workbench", path: ObjectPath, version: str | None = None) -> list[Entry]:
    """Read a key's uploads in their order, or the one that is named.

    Raises:
        NotFound: The ledger knows no such upload.
    """
    entries = sorted(bench.ledger.uploads_of(path), key=lambda entry: entry.uploaded_at)
    if not entries:
        raise NotFound(f"the ledger knows no upload of {path}")
    chosen = [entry for entry in entries if version in (None, entry.version)]
    if not chosen:
        raise NotFound(f"the ledger knows no version {version} of {path}")
    return chosen


def the_only(entries: Sequence[Entry], *, what: str) -> Entry:
    """Give the one upload that a command can mean.

    Raises:
        UsageError: There is none, or the command could mean several.
    """
    if not entries:
        raise UsageError(f"no {what} upload of this key; see `lakescrub ledger show`")
    if len(entries) > 1:
        versions = ", ".join(entry.version for entry in entries)
        raise UsageError(f"{len(entries)} {what} uploads: name one with --version: {versions}")
    return entries[0]
