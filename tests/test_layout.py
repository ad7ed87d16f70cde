import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATES = json.loads((ROOT / "state_machine.asl.json").read_text(encoding="utf-8"))["States"]
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
FORBIDDEN = {"utils", "helpers", "common", "constants", "misc", "json", "csv", "constructs"}


def _snake_case(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _function_of(state):
    return state.get("Parameters", {}).get("FunctionName", "")


CALLING = {name: _function_of(state) for name, state in STATES.items() if _function_of(state)}


@pytest.mark.parametrize("state", CALLING)
def test_a_state_that_calls_a_function_shares_its_name(state):
    assert CALLING[state] == f"${{{state}FunctionArn}}"
    assert _snake_case(state) in FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_step_and_a_test_of_its_name(function):
    assert (ROOT / "workflow" / "steps" / f"{function}.py").exists()
    assert (ROOT / "tests" / "functions" / f"test_{function}.py").exists()


def test_no_module_has_a_name_that_says_nothing_or_hides_the_standard_library():
    modules = [
        path
        for part in ("workflow", "functions", "infra", "glue")
        for path in (ROOT / part).rglob("*.py")
    ]

    assert [path for path in modules if path.stem in FORBIDDEN] == []


def test_no_committed_requirement_names_a_host_or_a_path():
    for path in (ROOT / "requirements").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"://|file:|--index-url|--find-links|/(tmp|opt|home)/", text), path


def test_every_pinned_requirement_has_a_hash():
    for path in (ROOT / "requirements").glob("*.txt"):
        blocks = re.split(r"\n(?=[A-Za-z0-9])", path.read_text(encoding="utf-8"))
        pins = [block for block in blocks if not block.startswith("#")]
        assert pins
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins), path


def test_no_pattern_repeats_a_group_possessively():
    """Before Python 3.11.4 such a repeat stays where its last, failed turn had come to."""
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "workflow").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"""r?b?r?["'].*\)[*+?]\+""", line)
    ]

    assert lines == []
