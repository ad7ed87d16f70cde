"""``lakescrub schedule``: what falls due, and when."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from workflow.cli.options import (
    DEFAULT_STACK,
    Endpoint,
    PathArgument,
    Stack,
    Version,
    open_workbench,
    the_only,
    uploads,
)
from workflow.cli.output import AsJson, Limit, print_json, print_table, say
from workflow.errors import UsageError
from workflow.messages import RunInput, execution_name
from workflow.transitions import OPERATOR_ARROWS, Status

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="See what falls due, and when; cancel it, or run it now.",
)
_TIME_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")


@app.command()
def ls(
    *,
    dataset: Annotated[str | None, typer.Option(help="Of this dataset only.")] = None,
    due_before: Annotated[
        datetime | None,
        typer.Option(formats=list(_TIME_FORMATS), help="Due before this time (UTC)."),
    ] = None,
    limit: Limit = 100,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """List pending uploads, in the order of their due times.

    lakescrub schedule ls
    lakescrub schedule ls --dataset uploads --due-before 2026-12-01
    """
    bench = open_workbench(stack, endpoint_url)
    entries = bench.entries.pending(
        before=due_before.replace(tzinfo=UTC) if due_before else None,
        wanted=lambda entry: dataset in (None, entry.dataset),
        limit=limit,
    )
    if as_json:
        print_json([entry.to_dict() for entry in entries])
    else:
        print_table(
            ("due", "dataset", "path", "version"),
            [(entry.due_at, entry.dataset, entry.path, entry.version) for entry in entries],
        )


@app.command()
def show(
    path: PathArgument,
    *,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Show when the uploads of a key are due.

    lakescrub schedule show dataset/file.json
    lakescrub schedule show s3://lake/dataset/file.json --json
    """
    bench = open_workbench(stack, endpoint_url)
    rows = []
    for entry in uploads(bench, bench.path(path)):
        timer = bench.schedule.get(entry.path, entry.version)
        rows.append(
            {
                "version": entry.version,
                "status": entry.status.value,
                "uploaded_at": entry.uploaded_at,
                "due_at": entry.due_at,
                "timer": timer.due_at if timer else None,
            }
        )
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("version", "status", "uploaded", "due", "timer"),
            [tuple(row.values()) for row in rows],
        )


@app.command()
def cancel(
    path: PathArgument,
    *,
    version: Version = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a pending upload.

    The object stays as it is, and the timer starts nothing.

    lakescrub schedule cancel dataset/file.json
    lakescrub schedule cancel dataset/file.json --version 3sL4kqtJlcpXroDTDmJ
    """
    bench = open_workbench(stack, endpoint_url)
    sources = OPERATOR_ARROWS[Status.CANCELLED]
    found = uploads(bench, bench.path(path), version)
    entry = the_only([each for each in found if each.status in sources], what="pending")
    if not bench.ledger.park(entry, replace(entry, status=Status.CANCELLED)):
        raise UsageError("too late: a run has taken it up; see `lakescrub ledger show`")
    if as_json:
        print_json({"path": str(entry.path), "version": entry.version, "status": "cancelled"})
    else:
        say(f"cancelled version {entry.version} of {entry.path}")


@app.command("run-now")
def run_now(
    path: PathArgument,
    *,
    version: Version = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Start the run of a pending upload now.

    Its timer will find the run started, and start nothing.

    lakescrub schedule run-now dataset/file.json
    lakescrub schedule run-now dataset/file.json --json
    """
    bench = open_workbench(stack, endpoint_url)
    found = uploads(bench, bench.path(path), version)
    entry = the_only([each for each in found if each.status is Status.PENDING], what="pending")
    run = RunInput(entry.path, entry.version, entry.attempt)
    started = bench.runs.start(entry.dataset, run)
    name = execution_name(entry.dataset, run)
    if as_json:
        print_json({"run": name, "started": started})
    else:
        say(f"started: lakescrub runs show {name}" if started else f"run {name} exists already")
