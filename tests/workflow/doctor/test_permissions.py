import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def _named():
    """Give every permission that a reader names where it is missing."""
    for name in ("bucket_settings", "stack_settings"):
        tree = ast.parse((ROOT / "workflow" / "aws" / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"\b[a-z0-9]+:(?:Get|List|Describe)\w+", node.value)


def test_operators_are_told_every_permission_that_doctor_needs():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    named = set(_named())
    assert len(named) > 20
    assert {permission for permission in named if f"`{permission}`" not in text} == set()
