"""``lakescrub ledger``: what became of each upload."""

from typing import Annotated

import typer

from workflow.cli.options import (
    DEFAULT_STACK,
    Endpoint,
    PathArgument,
    Stack,
    Version,
    open_workbench,
    uploads,
)
from workflow.cli.output import AsJson, Limit, print_json, print_pairs, print_table
from workflow.entry import Entry
from workflow.errors import NotFound
from workflow.transitions import Status

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="See what became of each upload, and under which policy.",
)
_FOR_PROGRAMS = ("position", "entry_format", "sequencer")
_COUNTS = ("field", "action", "matched", "changed", "nulled", "absent")


@app.command()
def ls(
    *,
    status: Annotated[Status | None, typer.Option(help="In this status only.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Of this dataset only.")] = None,
    limit: Limit = 100,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """List uploads, in no order.

    This reads through the table until it has found enough.

    lakescrub ledger ls --status rejected
    lakescrub ledger ls --dataset uploads --limit 1000 --json
    """
    bench = open_workbench(stack, endpoint_url)
    entries = bench.entries.all(status=status, dataset=dataset, limit=limit)
    if as_json:
        print_json([entry.to_dict() for entry in entries])
    else:
        print_table(
            ("status", "dataset", "path", "version", "uploaded", "ended"),
            [
                (
                    each.status,
                    each.dataset,
                    each.path,
                    each.version,
                    each.uploaded_at,
                    each.ended_at,
                )
                for each in entries
            ],
        )


@app.command()
def show(
    path: PathArgument,
    *,
    version: Version = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of the uploads of a key.

    lakescrub ledger show dataset/file.json
    lakescrub ledger show dataset/file.json --version 3sL4kqtJlcpXroDTDmJ --json
    """
    bench = open_workbench(stack, endpoint_url)
    entries = uploads(bench, bench.path(path), version)
    if as_json:
        print_json([entry.to_dict() for entry in entries])
        return
    for number, entry in enumerate(entries):
        if number:
            typer.echo()
        print_entry(entry)


@app.command()
def policy(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="As an entry names it.")],
    *,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
) -> None:
    """Print a policy that was in force once, for an auditor.

    lakescrub ledger policy 44fb59c6b7e2
    lakescrub ledger policy 44fb59c6b7e2 --stack lakescrub-prod
    """
    canonical = open_workbench(stack, endpoint_url).ledger.policy(digest)
    if canonical is None:
        raise NotFound(f"no policy {digest} was ever applied by stack {stack}")
    typer.echo(canonical)


def print_entry(entry: Entry) -> None:
    """Print an entry for people."""
    known = entry.to_dict()
    report = known.pop("report", None) or {}
    facts = {
        name: getattr(entry, name)
        for name, value in known.items()
        if name not in _FOR_PROGRAMS and not isinstance(value, dict)
    }
    if entry.outcome:
        facts |= {f"after: {name}": value for name, value in known["outcome"].items()}
    if entry.failure:
        facts |= {"error": entry.failure.name, "reason": entry.failure.reason}
    facts |= {name: value for name, value in report.items() if name != "rules"}
    print_pairs(facts.items())
    if report.get("rules"):
        print_table(_COUNTS, [[rule.get(name) for name in _COUNTS] for rule in report["rules"]])
