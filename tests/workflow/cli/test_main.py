import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workflow.cli import refusal
from workflow.cli.main import COMMANDS
from workflow.errors import (
    AccessDenied,
    MalformedData,
    NotFound,
    PolicyError,
    ServiceUnavailable,
    UsageError,
)

_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["polcy"], "No such command 'polcy'. Did you mean 'policy'? (try: lakescrub --help)\n"),
        (
            ["policy", "chek"],
            (
                "No such command 'chek'. Did you mean 'check', 'schema'? "
                "(try: lakescrub policy --help)\n"
            ),
        ),
        (["policy", "match"], "Missing argument 'key'. (try: lakescrub policy match --help)\n"),
        (
            ["policy", "show", "--foo"],
            "No such option: --foo (try: lakescrub policy show --help)\n",
        ),
    ],
)
def test_answers_a_wrong_call_with_one_line(run: Callable, arguments: list[str], message: str):
    outcome = run(*arguments)

    assert outcome.code == 2
    assert outcome.data == ""
    assert outcome.messages == message


@pytest.mark.parametrize("arguments", [[], ["policy"]])
def test_answers_a_group_without_a_command_with_its_help(run: Callable, arguments: list[str]):
    outcome = run(*arguments)

    assert outcome.code == 2
    assert outcome.data == ""
    assert outcome.messages.startswith("Usage: lakescrub")
    assert "(try:" not in outcome.messages


def test_prints_its_version(run: Callable):
    outcome = run("--version")

    assert outcome.code == 0
    assert outcome.data.startswith("lakescrub ")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("no such thing as b"), 2, "no such thing as b"),
        (PolicyError("d.yaml:1: version: is missing"), 3, "d.yaml:1: version: is missing"),
        (MalformedData("a brace", row=2, offset=9), 4, "MalformedData: a brace at row 2, byte"),
        (NotFound("no run x"), 5, "no run x"),
        (AccessDenied("PutObject"), 1, "AccessDenied: PutObject"),
        (ServiceUnavailable("GetItem"), 1, "ServiceUnavailable: GetItem"),
    ],
)
def test_gives_each_error_its_exit_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, message: str
):
    assert refusal.refuse(error) == code

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(message)
    assert said.err.count("\n") == 1


def _raising(error: Exception) -> Callable:
    def call(*_: object) -> None:
        raise error

    return call


def test_tells_only_type_and_place_of_an_error_that_is_not_ours(
    run: Callable, monkeypatch: pytest.MonkeyPatch
):
    canary = "card 4000111122223333"
    monkeypatch.setattr("workflow.cli.policy.read_policies", _raising(ValueError(canary)))

    outcome = run("policy", "show")

    assert outcome.code == 1
    assert outcome.messages.startswith("UnexpectedError: ValueError at tests/workflow/cli/test_")
    assert canary not in outcome.messages + outcome.data


def test_shows_the_traceback_to_whoever_asks_for_it(run: Callable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKESCRUB_DEBUG", "1")
    monkeypatch.setattr("workflow.cli.policy.read_policies", _raising(ValueError("x")))

    outcome = run("policy", "show")

    assert "Traceback" in outcome.messages


def test_names_only_commands_that_exist():
    modules = {path.stem for path in (_ROOT / "workflow/cli").glob("*.py")}

    assert set(COMMANDS) <= modules


def test_imports_nothing_heavy_for_a_light_command():
    """Typing a command must not cost a second."""
    script = (
        "import sys; from workflow.cli.main import main; main(['policy', 'check']); "
        "print(sorted({'boto3', 'duckdb', 'ministack', 'moto', 'pyarrow', 'rich'} "
        "& set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_ends_quietly_when_its_reader_leaves():
    command = f"{sys.executable} -m workflow.cli.main policy schema | head -1"

    done = subprocess.run(
        command, shell=True, cwd=_ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_gives_its_exit_code_to_the_shell():
    done = subprocess.run(
        [sys.executable, "-m", "workflow.cli.main", "policy", "match", "nowhere"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 5
    assert done.stderr == "no dataset of datasets.yaml matches 'nowhere'\n"
