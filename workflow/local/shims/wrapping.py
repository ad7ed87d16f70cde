"""Replace a function of an emulator by a wrapped one, once in a process."""

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]
_LAYERS: dict[tuple[str, str], dict[str, Make]] = {}


def wrap(module: Any, name: str, make: Make) -> None:
    """Put `make(original)` in the place of `module.name`; the original stays reachable for pins.

    Several shims may wrap one function: each adds a layer, and wrapping again (a second stack in
    the same process) renews the layer that it made before.
    """
    found = getattr(module, name)
    original = getattr(found, "__lakescrub_original__", found)
    layers = _LAYERS.setdefault((module.__name__, name), {})
    layers[f"{make.__module__}.{make.__qualname__}"] = make
    wrapped = original
    for layer in layers.values():
        wrapped = layer(wrapped)
    wrapped.__lakescrub_original__ = original
    setattr(module, name, wrapped)
