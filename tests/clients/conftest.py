"""Clients that know nothing of us, in a virtual environment of their own."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.world import World

BIN = Path(__file__).parents[2] / ".venv-clients" / "bin"


@pytest.fixture
def world(stack):
    world = World(stack)
    yield world
    world.close()


@pytest.fixture(scope="session")
def environment(stack):
    """Give what `lakescrub up` tells to export, and nothing else."""
    assert BIN.is_dir(), "make setup installs the clients"
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_PAGER": "",
    }


@pytest.fixture
def run(environment):
    """Run a program; give what it prints."""

    def run(*command):
        finished = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.fixture
def aws(run):
    """Run the AWS CLI; give its answer."""

    def aws(*arguments):
        said = run("aws", *arguments, "--output", "json")
        return json.loads(said) if said.startswith(("{", "[")) else said

    return aws
