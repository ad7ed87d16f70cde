"""``lakescrub runs``: the executions of the state machine."""

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from workflow.cli.options import (
    DEFAULT_STACK,
    Endpoint,
    Stack,
    Version,
    open_workbench,
    the_only,
    uploads,
)
from workflow.cli.output import AsJson, Limit, print_json, print_pairs, print_table, say
from workflow.cli.run_advice import advice
from workflow.entry import Entry
from workflow.errors import NotFound, UsageError
from workflow.messages import RunInput, execution_name
from workflow.transitions import Status

if TYPE_CHECKING:
    from workflow.aws.run_history import RunDetails
    from workflow.aws.workbench import Workbench

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="See runs and why they failed; replay or redrive them.",
)
RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's name or ARN, or the path of an object."),
]


class RunStatus(StrEnum):
    """What Step Functions calls the state of an execution."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


@app.command()
def ls(
    *,
    status: Annotated[
        RunStatus | None, typer.Option(case_sensitive=False, help="In this status only.")
    ] = None,
    limit: Limit = 20,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """List runs, the newest first.

    lakescrub runs ls
    lakescrub runs ls --status FAILED --limit 100
    """
    bench = open_workbench(stack, endpoint_url)
    runs = bench.history.recent(status=status.value if status else None, limit=limit)
    if as_json:
        print_json([_plain(run) for run in runs])
    else:
        print_table(
            ("started", "status", "run", "path", "error"),
            [
                (
                    run.started_at,
                    run.status,
                    run.name,
                    run.input and run.input.path,
                    run.failure and run.failure.name,
                )
                for run in runs
            ],
        )


@app.command()
def show(
    run: RunArgument,
    *,
    version: Version = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run did, and why it failed.

    The states that it passed with times and, where it failed, the error and what to do next.

    lakescrub runs show uploads-0c8b55ab8b5a8ab7f2a5b9c4cb2ebc68-1
    lakescrub runs show dataset/file.json --json
    """
    bench = open_workbench(stack, endpoint_url)
    details = _details(bench, run, version)
    states = bench.history.states(details.arn)
    next_step = advice(details)
    if as_json:
        told = {"states": [asdict(state) for state in states], "next_step": next_step}
        print_json({**_plain(details), **told})
        return
    print_pairs(_facts(details))
    print_table(
        ("state", "entered", "seconds", "tries"),
        [
            (
                state.name,
                state.entered_at,
                (state.left_at - state.entered_at).total_seconds() if state.left_at else None,
                state.tries or None,
            )
            for state in states
        ],
    )
    if next_step:
        say(next_step)


@app.command()
def replay(
    run: RunArgument,
    *,
    version: Version = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Start a new attempt for an upload whose run has ended.

    For rejected uploads, once the object or the policy is mended.

    lakescrub runs replay uploads-0c8b55ab8b5a8ab7f2a5b9c4cb2ebc68-1
    lakescrub runs replay s3://lake/dataset/file.json
    """
    bench = open_workbench(stack, endpoint_url)
    entry = _ended_upload(bench, run, version)
    again = RunInput(entry.path, entry.version, entry.attempt + 1)
    started = bench.runs.start(entry.dataset, again)
    name = execution_name(entry.dataset, again)
    if as_json:
        print_json({"run": name, "attempt": again.attempt, "started": started})
    elif started:
        say(f"started attempt {again.attempt}: lakescrub runs show {name}")
    else:
        say(f"attempt {again.attempt} was started before: lakescrub runs show {name}")


@app.command()
def redrive(
    run: RunArgument,
    *,
    version: Version = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Resume a failed run at the state where it failed.

    lakescrub runs redrive uploads-0c8b55ab8b5a8ab7f2a5b9c4cb2ebc68-1
    lakescrub runs redrive dataset/file.json
    """
    bench = open_workbench(stack, endpoint_url)
    details = _details(bench, run, version)
    bench.history.redrive(details.arn)
    if as_json:
        print_json({"run": details.name, "redriven": True})
    else:
        say(f"redriven: lakescrub runs show {details.name}")


def _details(bench: "Workbench", run: str, version: str | None) -> "RunDetails":
    if not _is_path(run):
        return bench.history.details(run)
    entries = [each for each in uploads(bench, bench.path(run), version) if each.execution]
    if not entries:
        raise NotFound(f"no run has taken up {run} yet; see `lakescrub schedule show`")
    return bench.history.details(str(the_latest(entries).execution))


def _ended_upload(bench: "Workbench", run: str, version: str | None) -> Entry:
    if not _is_path(run):
        work = bench.history.details(run).input
        if work is None:
            raise UsageError(f"run {run} was not started for an upload")
        run, version = str(work.path), work.version
    found = uploads(bench, bench.path(run), version)
    taken_up = [each for each in found if each.execution]
    if not taken_up:
        raise UsageError("no run of this key has ended; see `lakescrub schedule run-now`")
    entry = the_only(taken_up, what="processed")
    if bench.history.details(str(entry.execution)).status == RunStatus.RUNNING:
        raise UsageError("its run is still under way; see `lakescrub runs show`")
    if entry.status in (Status.HELD, Status.CANCELLED):
        raise UsageError(f"the upload is {entry.status}")
    return entry


def the_latest(entries: list[Entry]) -> Entry:
    """Give the upload that a run took up last."""
    return max(entries, key=lambda entry: entry.started_at or entry.uploaded_at)


def _is_path(text: str) -> bool:
    return "/" in text and not text.startswith("arn:")


def _facts(details: "RunDetails") -> list[tuple[str, object]]:
    work, failure = details.input, details.failure
    return [
        ("run", details.name),
        ("status", details.status),
        ("path", work and work.path),
        ("version", work and work.version),
        ("attempt", work and work.attempt),
        ("redrives", details.redrives or None),
        ("started", details.started_at),
        ("ended", details.ended_at),
        ("error", failure and failure.name),
        ("reason", failure and failure.reason),
    ]


def _plain(details: "RunDetails") -> dict[str, object]:
    work = details.input
    return {
        **asdict(details),
        "input": work and {**asdict(work), "path": str(work.path)},
    }
