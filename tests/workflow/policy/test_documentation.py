import re
from pathlib import Path

import pytest

from workflow.policy import load_policies
from workflow.policy.model import DatasetShape
from workflow.scrub import ACTIONS

_TEXT = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"```yaml\n(.*?)```", _TEXT, flags=re.DOTALL)


def _first_column(heading: str) -> list[str]:
    section = _TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


@pytest.mark.parametrize("example", _EXAMPLES)
def test_every_example_is_valid(example: str):
    assert load_policies(example)


def test_every_key_of_a_dataset_is_explained():
    assert sorted(_first_column("A dataset")) == sorted(DatasetShape.model_fields)


def test_every_action_is_explained():
    assert sorted(_first_column("A rule")) == sorted(ACTIONS)


def test_every_action_stands_in_an_example():
    used = {
        rule.action
        for example in _EXAMPLES
        for dataset in load_policies(example).values()
        for rule in dataset.rules
    }

    assert used == set(ACTIONS)
