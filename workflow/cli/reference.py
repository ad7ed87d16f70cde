"""The reference of all commands, made from their own help.

python -m workflow.cli.reference > docs/cli.md
"""

from collections.abc import Iterator
from typing import Any

import typer

from workflow.cli.help_text import keep_examples
from workflow.cli.main import app

_WIDTH = 80
_HEAD = """\
# The command line

Made from `--help` by `python -m workflow.cli.reference > docs/cli.md`; a test fails when it is not
up to date. Data goes to stdout, messages go to stderr; `--json` gives data for programs.
"""


def reference() -> str:
    """Give the reference as Markdown."""
    command: Any = typer.main.get_command(app)
    keep_examples(command)
    sections = (_section(path, each) for path, each in walk("lakescrub", command))
    return "\n".join([_HEAD, *sections])


def walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Give a command and all commands below it, each with how it is called."""
    yield path, command
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from walk(f"{path} {name}", subcommand)


def _section(path: str, command: Any) -> str:
    context = command.make_context(path, [], resilient_parsing=True, terminal_width=_WIDTH)
    level = "#" * min(path.count(" ") + 2, 4)
    return f"{level} {path}\n\n```\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    typer.echo(reference(), nl=False)
