"""One embedded stack for the whole folder: the committed template, real HTTP, real processes."""

from pathlib import Path

import pytest

from tests.end_to_end.world import World
from workflow.local.stack import EmbeddedStack

DATASETS = Path(__file__).parent / "datasets.yaml"


@pytest.fixture(scope="session")
def stack():
    with EmbeddedStack.start(datasets=DATASETS) as running:
        yield running


@pytest.fixture
def world(stack):
    world = World(stack)
    yield world
    world.close()
