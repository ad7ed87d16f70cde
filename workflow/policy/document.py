"""YAML text -> plain values, each with the line that it stands on.

Strategy: PyYAML composes nodes, which know their lines; this module turns them into plain values
and finds the line of a path when an error needs it. Three things differ from ``yaml.safe_load``,
each because a policy that means something else than its author thinks deletes the wrong data:

- a key that stands twice is an error (PyYAML keeps the last one without a word);
- only ``true`` and ``false`` are booleans, as in YAML 1.2 (``in: [NO, DE]`` means Norway);
- dates stay text, as does a number with a leading zero: they are compared with text in the data.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from workflow.policy.problems import Path, Problem

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = f"{_TAG}merge"


class _Loader(yaml.SafeLoader):
    """Resolves plain scalars as YAML 1.2's core schema does."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 -- PyYAML's own way to configure


for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"^(?:{_pattern})$"), list(_first))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its plain value, and the nodes that know the lines."""

    value: Any
    root: yaml.Node

    def line(self, path: Path) -> int:
        """Give the line of a path, or of the deepest part of it that exists."""
        node, line = self.root, self.root.start_mark.line + 1
        for step in path:
            found = _member(node, step)
            if found is None:
                break
            line, node = found
        return line


def read_document(text: str) -> tuple[Document | None, list[Problem]]:
    """Read one YAML document and what is wrong with it; no document where it cannot be read."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return None, [_syntax_problem(error)]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return None, [Problem(line, (), "a control character that YAML does not allow")]
    except RecursionError:
        return None, [Problem(1, (), "nested too deeply to be read")]
    if root is None:
        return None, [Problem(1, (), "empty; a policy file starts with `version: 1`")]
    builder = _Builder()
    value = builder.build(root, ())
    return Document(value, root), builder.problems


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = error.problem or error.context or "not YAML"
    if "\\t" in what:
        what = "a tab; YAML indents with spaces"
    return Problem(mark.line + 1 if mark else 1, (), f"not YAML: {what}")


def _member(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        item = node.value[step]
        return item.start_mark.line + 1, item
    if isinstance(node, yaml.MappingNode):
        for key, value in _members(node):
            if key.value == step:
                return key.start_mark.line + 1, value
    return None


def _members(
    node: yaml.MappingNode, seen: set[yaml.Node] | None = None
) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Give a mapping's own members, then those merged in with ``<<``, each mapping once."""
    seen = {node} if seen is None else seen
    merged: list[yaml.MappingNode] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            merged += _merge_sources(value)
        else:
            yield key, value
    for source in merged:
        if source not in seen:
            seen.add(source)
            yield from _members(source, seen)


def _merge_sources(node: yaml.Node) -> list[yaml.MappingNode]:
    sources: Sequence[yaml.Node] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [source for source in sources if isinstance(source, yaml.MappingNode)]


@dataclass(slots=True)
class _Builder:
    problems: list[Problem] = field(default_factory=list)
    # A node with an anchor is built once, however often it is referred to.
    _built: dict[yaml.Node, Any] = field(default_factory=dict)
    _open: set[yaml.Node] = field(default_factory=set)

    def build(self, node: yaml.Node, path: Path) -> Any:
        if node in self._built:
            return self._built[node]
        if node in self._open:
            self._add(node, path, "an anchor that contains itself")
            return None
        self._open.add(node)
        value = self._value(node, path)
        self._open.remove(node)
        self._built[node] = value
        return value

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        self._report_repeated_keys(node, path)
        value: dict[str, Any] = {}
        for key, member in _members(node):
            if isinstance(key, yaml.ScalarNode):
                value.setdefault(key.value, self.build(member, (*path, key.value)))
            else:
                self._add(key, path, "a key must be plain text")
        return value

    def _report_repeated_keys(self, node: yaml.MappingNode, path: Path) -> None:
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in first:
                what = f"stands twice; first on line {first[key.value]}"
                self._add(key, (*path, key.value), what)
            first.setdefault(key.value, key.start_mark.line + 1)

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        if path[-1:] == ("action",) and node.value.lower() == "null":
            return "null"  # the action of that name, which nobody would think to quote
        try:
            return _SCALARS[node.tag](node.value)
        except KeyError:
            self._add(node, path, f"the YAML tag {node.tag} is not supported")
        except ValueError:
            self._add(node, path, "a value that its YAML tag cannot hold")
        return None

    def _add(self, node: yaml.Node, path: Path, what: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, path, what))


_SCALARS: dict[str, Callable[[str], Any]] = {
    f"{_TAG}str": str,
    f"{_TAG}int": int,
    f"{_TAG}float": float,
    f"{_TAG}bool": lambda text: text.lower() == "true",
    f"{_TAG}null": lambda _: None,
}
