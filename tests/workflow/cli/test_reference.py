import re
import shlex
from pathlib import Path

import pytest
import typer

from workflow.cli.main import app
from workflow.cli.reference import reference, walk

_REFERENCE = Path(__file__).parents[3] / "docs" / "cli.md"
_COMMANDS = dict(walk("lakescrub", typer.main.get_command(app)))
_LEAVES = {path: each for path, each in _COMMANDS.items() if not hasattr(each, "commands")}


def _examples(command):
    return [line.strip() for line in command.help.split("\n") if line.startswith("    lakescrub ")]


_EXAMPLES = [example for command in _COMMANDS.values() for example in _examples(command)]


def test_the_reference_is_up_to_date():
    """Mend it with: python -m workflow.cli.reference > docs/cli.md."""
    assert _REFERENCE.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("path", _LEAVES)
def test_a_command_has_one_sentence_and_two_or_three_command_lines(path):
    command = _LEAVES[path]
    sentence = command.help.split("\n\n")[0]

    assert sentence.endswith(".")
    assert ". " not in sentence
    assert len(_examples(command)) in (2, 3)
    assert all(example.startswith(path) for example in _examples(command))


@pytest.mark.parametrize("example", _EXAMPLES)
def test_a_command_line_in_the_help_can_be_typed(example):
    words = shlex.split(re.split(r" [<>|] ", example)[0])
    path = " ".join(words[:3]) if " ".join(words[:3]) in _COMMANDS else " ".join(words[:2])
    options = {name for option in _COMMANDS[path].params for name in option.opts}

    assert {word for word in words if word.startswith("--")} <= options


def test_every_option_says_what_it_does():
    silent = [
        f"{path} {option.opts[-1]}"
        for path, command in _LEAVES.items()
        for option in command.params
        if option.param_type_name == "option" and not option.help
    ]

    assert silent == []


def test_no_sentence_is_cut_in_a_list_of_commands():
    lists = [part.split("```")[0] for part in reference().split("Commands:\n")[1:]]

    assert "..." not in "".join(lists)
