import json
import shlex

import pytest

from workflow.doctor.expectations import Expected
from workflow.policy import load_policies

POLICIES = load_policies(
    """
version: 1
datasets:
  uploads:
    prefix: dataset/
    after: 5m
    erase_versions: true
    scrub: [{field: a, action: blank}]
  mail:
    prefix: mail/2026/
    after: 30d
    erase_versions: false
    scrub: [{field: a, action: blank}]
"""
)


@pytest.fixture
def policies():
    return POLICIES


@pytest.fixture
def expected():
    """A stack that is attached to a bucket that was there."""
    roles = {name: f"arn:aws:iam::111122223333:role/{name}-role" for name in ("scrub_object",)}
    return Expected(
        policies=POLICIES,
        region="eu-central-1",
        account="111122223333",
        existing=True,
        intake_arn="arn:aws:sqs:eu-central-1:111122223333:intake",
        roles=roles,
    )


def given(finding, option, *, command=0):
    """Read what a printed command gives to an option."""
    line, _, document = finding.commands[command].partition(" <<'END'\n")
    words = shlex.split(line)
    text = words[words.index(f"--{option}") + 1]
    if text == "file:///dev/stdin":
        text = document.removesuffix("\nEND")
    return json.loads(text) if text.startswith(("{", "[")) else text
