"""What runs is what the template says: a change of each kind there changes the running stack."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen():
    finished = subprocess.run(
        [sys.executable, "-m", "tests.local.changed_template"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("visibility", "99"),
        ("receives", 7),
        ("memory", 333),
        ("timeout", 33),
        ("log level", "ERROR"),
        ("schedule table", "another-schedule"),
        ("timers", 7),
        ("machine", "another-machine"),
        ("records of new timers", 7),
        ("largest batch", 3),
        ("log lines", 0),
    ],
)
def test_takes_over_what_the_template_says(seen, kind, expected):
    assert seen[kind] == expected
