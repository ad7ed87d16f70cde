"""``lakescrub demo``: the whole way of one object, on this machine, once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from workflow.cli.ledger import print_entry
from workflow.cli.output import AsJson, ExitCode, print_json, print_pairs, print_table, say
from workflow.policy import read_policies

if TYPE_CHECKING:
    from workflow.cli.demo_story import Story


def demo(as_json: AsJson = False) -> None:
    """Show the whole way of an object on this machine.

    Upload, due date, scrub and query, on an embedded stack that ends with the command; it exits
    with 0 only if all that it shows was verified.

    lakescrub demo
    lakescrub demo --json
    """
    from workflow.aws.workbench import Workbench  # noqa: PLC0415 -- boto3 is slow to import
    from workflow.cli.demo_story import Demo  # noqa: PLC0415
    from workflow.local.stack import REPOSITORY, EmbeddedStack  # noqa: PLC0415 -- the emulators

    Demo.check_policy(read_policies(REPOSITORY / "datasets.yaml"))
    began = time.monotonic()
    narrator = _Narrator()
    with narrator.step("Start the embedded stack from its CloudFormation template"):
        stack = EmbeddedStack.start()
    with stack:
        bench = Workbench.open(stack.deployed.name, endpoint_url=stack.endpoint)
        sample = REPOSITORY / "sample_data" / "mock_uploaded_data.json"
        story = Demo(bench, sample, stack.advance, narrator.step).tell()
    seconds = time.monotonic() - began
    if as_json:
        print_json(_plain(story, seconds))
    else:
        _print(story)
    _conclude(story, seconds)


class _Narrator:
    """Says on stderr what happens: a spinner on a terminal, a line for each step anywhere."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 -- slow to import

        self._console: Console = Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Announce a step, and say at its end how long it took."""
        began = time.monotonic()
        with self._console.status(text):
            yield
        took = f"{time.monotonic() - began:4.1f} s"
        self._console.print(f"[green]{took}[/]  {text}", soft_wrap=True)


def _print(story: "Story") -> None:
    _headline("A row before and after")
    typer.echo(f"{story.before}\n{story.after}")
    _headline(f"Tags of {story.path}")
    print_pairs(story.tags.items())
    _headline("Its entry in the ledger")
    print_entry(story.entry)
    _headline("The states that its run passed")
    typer.echo(" > ".join(state.name for state in story.states))
    _headline("SELECT * FROM dataset LIMIT 10")
    print_table(story.columns, story.rows)
    _headline("Checked")
    for check in story.checks:
        typer.echo(f"{'yes' if check.holds else 'NO '}  {check.what}")


def _headline(text: str) -> None:
    typer.echo(f"\n{typer.style(text, bold=True)}")


def _conclude(story: "Story", seconds: float) -> None:
    failed = [check.what for check in story.checks if not check.holds]
    for what in failed:
        say(f"not true: {what}")
    if failed:
        raise typer.Exit(ExitCode.OTHER)
    say(f"\nAll of it is true, in {seconds:.1f} s. Next: lakescrub up")


def _plain(story: "Story", seconds: float) -> dict[str, Any]:
    return {
        "object": str(story.path),
        "before": story.before,
        "after": story.after,
        "tags": story.tags,
        "ledger": story.entry.to_dict(),
        "run": story.run.name,
        "states": [state.name for state in story.states],
        "query": {"columns": story.columns, "rows": story.rows},
        "checks": [asdict(check) for check in story.checks],
        "verified": all(check.holds for check in story.checks),
        "seconds": round(seconds, 1),
    }
