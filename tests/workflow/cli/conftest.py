from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.workflow.cli.bench import FakeBench
from workflow.aws.workbench import Workbench
from workflow.cli.main import main


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said where."""

    code: int
    data: str
    messages: str


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Run the command line within this process, as a person without settings would."""
    for name in ("LAKESCRUB_POLICY", "LAKESCRUB_STACK", "LAKESCRUB_DEBUG", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    # The width of a help text must not depend on who runs the tests.
    monkeypatch.setenv("COLUMNS", "80")

    def run_arguments(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(int(code), said.out, said.err)

    return run_arguments


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> FakeBench:
    """Stores in memory, found by every command in place of a stack."""
    bench = FakeBench()
    monkeypatch.setattr(Workbench, "open", lambda *_, **__: bench)
    return bench
