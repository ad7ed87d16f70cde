"""Pins: the exact source of an emulator's function that a shim was written against."""

import ast
import dataclasses
import functools
import hashlib
import importlib.util
import pathlib


@dataclasses.dataclass(frozen=True)
class Pin:
    """A function or class of an emulator (`module:Qualified.name`) and the hash of its source."""

    target: str
    digest: str

    def found(self) -> str:
        """The hash of the source that is installed, read from the file: nothing is imported.

        Raises:
            LookupError: The emulator has no such function any more.
        """
        module, _, path = self.target.partition(":")
        text, tree = _module(module)
        node: ast.AST = tree
        for name in path.split("."):
            node = _member(node, name, self.target)
        segment = ast.get_source_segment(text, node) or ""
        return hashlib.sha256(segment.encode()).hexdigest()[:16]


@functools.cache
def _module(name: str) -> tuple[str, ast.Module]:
    package = importlib.util.find_spec(name.split(".", 1)[0])
    if package is None or package.origin is None:
        raise LookupError(name)
    place = pathlib.Path(package.origin).parent.joinpath(*name.split(".")[1:])
    file = place.with_suffix(".py") if place.with_suffix(".py").exists() else place / "__init__.py"
    text = file.read_text()
    return text, ast.parse(text)


def _member(node: ast.AST, name: str, target: str) -> ast.AST:
    for child in ast.iter_child_nodes(node):
        if getattr(child, "name", None) == name:
            return child
    raise LookupError(f"{target} is not in the installed emulator")
