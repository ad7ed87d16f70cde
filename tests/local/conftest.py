"""One embedded stack for all tests of this folder: real HTTP and the committed template."""

from collections.abc import Iterator

import pytest

from tests.local.lab import Lab
from workflow.local.stack import EmbeddedStack


@pytest.fixture(scope="session")
def stack() -> Iterator[EmbeddedStack]:
    with EmbeddedStack.start() as started:
        yield started


@pytest.fixture
def lab(stack: EmbeddedStack) -> Lab:
    return Lab(stack)
