"""Data on stdout, messages on stderr; tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated

import typer

Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data for programs.")]
# What is no terminal has no width to keep to; a cut value would be of no use there.
_WIDTH_WHEN_PIPED = 10_000


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    OTHER = 1
    USAGE = 2
    POLICY = 3
    REFUSED = 4
    NOT_FOUND = 5


def say(message: str) -> None:
    """Tell the person something that is not data."""
    typer.echo("\n".join(printable(line) for line in message.split("\n")), err=True)


def print_json(value: object) -> None:
    """Print data for programs; times are ISO 8601."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_as_text))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows for people; an empty cell stands for None."""
    rows = list(rows)
    if not rows:
        say("none")
        return
    from rich import box  # noqa: PLC0415 -- only tables need rich
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(spelled(cell))) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_WHEN_PIPED)
    with console.capture() as captured:
        console.print(table)
    lines = [line.rstrip() for line in captured.get().split("\n")]
    typer.echo("\n".join(lines).strip("\n"))


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line."""
    known = [(name, value) for name, value in pairs if value is not None]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        typer.echo(f"{name:<{width}}  {printable(spelled(value))}")


def spelled(value: object) -> str:
    """Spell a value for people, as the policy file would."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)


def printable(text: str) -> str:
    """Show what a terminal might obey as an escape: keys are whatever uploaders chose."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
