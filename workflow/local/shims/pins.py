"""Pins: the exact source of an emulator's function that a shim was written against."""

import dataclasses
import hashlib
import importlib
import inspect


@dataclasses.dataclass(frozen=True)
class Pin:
    """A function or class of an emulator (`module:Qualified.name`) and the hash of its source."""

    target: str
    digest: str

    def found(self) -> str:
        """The hash of the source that is installed."""
        module_name, _, path = self.target.partition(":")
        found: object = importlib.import_module(module_name)
        for part in path.split("."):
            found = inspect.getattr_static(found, part)
        found = getattr(found, "__func__", found)
        original = getattr(found, "__lakescrub_original__", found)
        return hashlib.sha256(inspect.getsource(original).encode()).hexdigest()[:16]  # type: ignore[arg-type]
