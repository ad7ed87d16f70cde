"""Each test sees the running system through a world of its own."""

import pytest

from tests.end_to_end.world import World


@pytest.fixture
def world(stack):
    world = World(stack)
    yield world
    world.close()
