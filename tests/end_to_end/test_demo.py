"""The demo in a process of its own, as a new user runs it; and on a system that does not scrub."""

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from workflow.aws.workbench import Workbench
from workflow.cli.demo_story import Demo
from workflow.errors import UsageError
from workflow.policy import load_policies

_ROOT = Path(__file__).parents[2]
_SAMPLE = _ROOT / "sample_data" / "mock_uploaded_data.json"


@pytest.fixture(scope="module")
def told():
    done = subprocess.run(
        [sys.executable, "-m", "workflow.cli.main", "demo", "--json"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout), done.stderr


def test_verifies_what_it_shows(told):
    story, _ = told

    assert story["verified"] is True
    assert all(check["holds"] for check in story["checks"])


def test_shows_the_whole_way(told):
    story, _ = told
    before, after = json.loads(story["before"]), json.loads(story["after"])

    assert before["file_contents"]
    assert after == {**before, "file_contents": ""}
    assert story["tags"]["processed"] == f"uploads@{story['ledger']['policy_digest']}"
    assert story["ledger"]["status"] == "processed"
    assert story["states"][0] == "InspectObject"
    assert story["states"][-1] == "Processed"
    assert len(story["query"]["rows"]) == 10


def test_says_on_stderr_what_happens(told):
    _, messages = told

    assert messages.count(" s  ") >= 8
    assert "All of it is true" in messages


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prefix: dataset/", "prefix: data/"),
        ("action: blank", "action: drop"),
        ("erase_versions: true", "erase_versions: false"),
    ],
)
def test_refuses_policies_that_do_something_else(old, new):
    policies = load_policies((_ROOT / "datasets.yaml").read_text().replace(old, new))

    with pytest.raises(UsageError, match=r"the demo needs datasets\.yaml as it came"):
        Demo.check_policy(policies)


class _Unasked(Demo):
    """The demo without its query: the stack is shared, and so is its table."""

    def _query(self):
        return ["file_contents"], [[json.loads(line)["file_contents"]] for line in self._lines[:10]]


def test_sees_that_a_system_with_other_rules_does_not_scrub(stack):
    """The checks can fail: here the policy knows no file_contents."""
    bench = Workbench.open(stack.deployed.name, endpoint_url=stack.endpoint)
    demo = _Unasked(bench, _SAMPLE, stack.advance, nullcontext)

    story = demo.tell()
    stack.client("s3").delete_object(Bucket=demo.path.bucket, Key=demo.path.key)

    failed = {check.what for check in story.checks if not check.holds}
    assert failed >= {
        "the ledger says processed",
        "every other byte of the object is unchanged",
        "no scrubbed value is left in any version",
        "the query sees ten rows and no scrubbed value",
    }
