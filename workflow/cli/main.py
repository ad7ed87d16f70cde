"""The command line: which commands there are, and what becomes of an error.

A command's module is imported when the command is named, so that ``lakescrub policy check`` does
not wait for what ``lakescrub up`` needs.
"""

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from workflow.cli.help_text import keep_examples
from workflow.cli.output import ExitCode
from workflow.cli.refusal import refuse

# In the order of a first day with lakescrub. Module workflow.cli.<name> has an `app`, or a
# function of that name.
COMMANDS = (
    *("demo", "up", "advance", "status", "doctor", "query"),
    *("scrub", "policy", "schedule", "runs", "ledger", "invoke", "cost"),
)


class _Commands(MutableMapping[str, Any]):
    """The commands by name; looking one up imports it."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        if name not in self._loaded:
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: object) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _LazyGroup(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()


def _load(name: str) -> Any:
    module = importlib.import_module(f"workflow.cli.{name}")
    group = getattr(module, "app", None)
    if group is None:
        group = typer.Typer(add_completion=False, rich_markup_mode=None)
        group.command()(getattr(module, name))
    command: Any = typer.main.get_command(group)
    command.name = name
    keep_examples(command)
    return command


app = typer.Typer(cls=_LazyGroup, add_completion=False, rich_markup_mode=None, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            version = importlib.metadata.version("lakescrub")
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"lakescrub {version}")
        raise typer.Exit


@app.callback()
def lakescrub(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Scrub personal data out of data lake objects, in place, a set time after upload.

        lakescrub demo
        lakescrub policy check
        lakescrub runs ls --status FAILED

    Data goes to stdout, messages go to stderr. Exit codes: 0 done, 2 usage, 3 invalid policy,
    4 input refused, 5 not found, 1 anything else.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; an error becomes one line on stderr."""
    command = typer.main.get_command(app)
    keep_examples(command)
    try:
        outcome = command.main(arguments, prog_name="lakescrub", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 -- the boundary: nothing leaves as a traceback
        return refuse(error)
    return outcome if isinstance(outcome, int) else ExitCode.DONE


if __name__ == "__main__":
    sys.exit(main())
