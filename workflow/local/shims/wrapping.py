"""Replace a function of an emulator by a wrapped one, once in a process."""

from collections.abc import Callable
from typing import Any


def wrap(module: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put `make(original)` in the place of `module.name`; the original stays reachable for pins."""
    found = getattr(module, name)
    original = getattr(found, "__lakescrub_original__", found)
    wrapped = make(original)
    wrapped.__lakescrub_original__ = original
    setattr(module, name, wrapped)
