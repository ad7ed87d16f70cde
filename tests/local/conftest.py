"""Each test sees the shared stack through a lab of its own."""

import pytest

from tests.local.lab import Lab
from workflow.local.stack import EmbeddedStack


@pytest.fixture
def lab(stack: EmbeddedStack) -> Lab:
    return Lab(stack)
