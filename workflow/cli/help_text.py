"""How the help of a command is laid out.

A paragraph of a docstring whose lines all start with ``lakescrub`` holds command lines to paste.
click would fill them into one line unless a backspace sign stands before them, which no docstring
should have to know.
"""

from typing import Any


def keep_examples(command: Any) -> None:
    """Keep the command lines in the help of a command, and of its subcommands, as they are."""
    if command.help:
        command.help = "\n\n".join(map(_marked, command.help.split("\n\n")))
    subcommands = getattr(command, "commands", None)
    # A lazy group's commands are seen to when they are loaded.
    if isinstance(subcommands, dict):
        for subcommand in subcommands.values():
            keep_examples(subcommand)


def _marked(paragraph: str) -> str:
    lines = [line.strip() for line in paragraph.split("\n")]
    if not all(line.startswith("lakescrub ") for line in lines):
        return paragraph
    return "\b\n" + "\n".join(f"    {line}" for line in lines)
