"""Take a repair away for one test, to show that the emulator still needs it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.lab import Lab
from workflow.local.stack import EmbeddedStack

Unshim = Callable[[Any, str], None]


@pytest.fixture
def lab(stack: EmbeddedStack) -> Lab:
    return Lab(stack)


@pytest.fixture
def unshim(monkeypatch: pytest.MonkeyPatch) -> Unshim:
    def take_away(module: Any, name: str) -> None:
        original = getattr(module, name).__lakescrub_original__
        monkeypatch.setattr(module, name, original)

    return take_away
