"""The state machine's definition, read once for the tests of this folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "state_machine.asl.json").read_text(encoding="utf-8")
DEFINITION: dict[str, Any] = json.loads(TEXT)
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
FUNCTION_TASKS = {
    name: task for name, task in TASKS.items() if task["Resource"].endswith(":lambda:invoke")
}


def targets(state: dict[str, Any]) -> Iterator[str]:
    """Give the names of all states that a state can lead to."""
    for part in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        for key in ("Next", "Default"):
            if key in part:
                yield part[key]


def handled_errors(state: dict[str, Any], part: str) -> set[str]:
    """Give the error names that a state's Retry or Catch names."""
    return {name for rule in state.get(part, ()) for name in rule["ErrorEquals"]}
