"""Where are the selected values of a row? Exact spans, found by walking down the selectors only.

Takes bytes that are valid JSON. Members that no rule selects are jumped over by one pattern;
containers are entered only where the tree of selectors goes on, so the recursion is as deep as a
selector is long. Names written with escapes are read; duplicates are all found.
"""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from workflow.scrub.jsontext.tokens import MEMBER, after_item, after_space, skipper, value_end
from workflow.scrub.plan import Node, Plan

if TYPE_CHECKING:
    import re

Path = tuple[str | int, ...]
_OBJECT, _ARRAY, _BACKSLASH = 0x7B, 0x5B, b"\\"
_EMPTY: Final = (0x7D, 0x5D)


@dataclass(frozen=True, slots=True)
class Hit:
    """One selected value.

    Attributes:
        rule: Number of the rule, or `ROW_TEST`.
        start: Where the value starts.
        end: Where it ends.
        path: Where it is in the row.
    """

    rule: int
    start: int
    end: int
    path: Path


@dataclass(slots=True)
class Found:
    """What the walk found in one row: hits in order, and spans to take out."""

    hits: list[Hit] = field(default_factory=list)
    cuts: list[tuple[int, int]] = field(default_factory=list)


class Walker:
    """Finds the selected values of rows.

    Args:
        plan: The rules.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare a pattern for each place of the tree."""
        self._plan = plan
        self._removes = frozenset(n for n, rule in enumerate(plan.rules) if rule.action.removes)
        self._skippers: dict[int, re.Pattern[bytes]] = {}
        self._prepare(plan.tree)

    def _prepare(self, node: Node) -> None:
        folds = self._plan.options.ignore_case
        if node.children:
            names = frozenset(node.children)
            self._skippers[id(node)] = skipper(names, ignore_case=folds)
        for child in [*node.children.values(), *([node.each] if node.each else [])]:
            self._prepare(child)

    def walk(self, row: bytes) -> Found:
        """Return the selected spans of a row that is one valid JSON text."""
        found = Found()
        start = after_space(row, 0)
        self._enter(row, start, self._plan.tree, (), found)
        return found

    def _visit(self, row: bytes, start: int, node: Node, path: Path, found: Found) -> int:
        end = self._enter(row, start, node, path, found)
        if end is None:
            end = value_end(row, start)
        found.hits.extend(Hit(rule, start, end, path) for rule in node.rules)
        return end

    def _enter(self, row: bytes, start: int, node: Node, path: Path, found: Found) -> int | None:
        """Walk a container if the tree goes on in it, and return its end; None if not."""
        first = row[start]
        if first == _OBJECT and node.children:
            return self._object(row, start, node, path, found)
        if first == _ARRAY and node.each is not None:
            return self._array(row, start, node.each, path, found)
        return None

    def _object(self, row: bytes, start: int, node: Node, path: Path, found: Found) -> int:
        skip = self._skippers[id(node)].match
        cutter = _Cutter(row, found) if self._removes else None
        position = after_space(row, start + 1)
        while row[position] not in _EMPTY:
            run = skip(row, position)
            assert run is not None
            position = run.end()
            member = MEMBER.match(row, position)
            assert member is not None
            name = _read_name(member[1])
            value = member.end()
            child = node.children.get(self._plan.fold(name))
            if child is None:
                end, removed = value_end(row, value), False
            else:
                end = self._visit(row, value, child, (*path, name), found)
                removed = not self._removes.isdisjoint(child.rules)
            comma, following = after_item(row, end)
            if removed and cutter is not None:
                cutter.cut(position, end, comma, following)
            position = following
        return position + 1

    def _array(self, row: bytes, start: int, node: Node, path: Path, found: Found) -> int:
        cutter = _Cutter(row, found)
        removed = not self._removes.isdisjoint(node.rules)
        position = after_space(row, start + 1)
        index = 0
        while row[position] not in _EMPTY:
            end = self._visit(row, position, node, (*path, index), found)
            comma, following = after_item(row, end)
            if removed:
                cutter.cut(position, end, comma, following)
            position = following
            index += 1
        return position + 1


class _Cutter:
    """Takes items out of one container, each with the comma after it.

    A run of items at the container's end has no comma after it: it goes with the one before.
    """

    def __init__(self, row: bytes, found: Found) -> None:
        self._row = row
        self._found = found
        self._run: int | None = None
        self._run_cuts = 0
        self._next = -1

    def cut(self, start: int, end: int, comma: int, following: int) -> None:
        """Take an item out.

        Args:
            start: Where it starts.
            end: Where it ends.
            comma: The position behind its comma, or its end if there is none.
            following: Where the next item starts, or the closer is.
        """
        if start != self._next:
            # The walk jumps over members, so the comma before this one is looked up.
            self._begin_run(start)
        self._found.cuts.append((start, comma))
        if comma == end:
            self._close_run(end)
        self._next = following

    def _begin_run(self, start: int) -> None:
        before = start - 1
        while self._row[before] in b" \t\r\n":
            before -= 1
        self._run = before if self._row[before] == 0x2C else start  # noqa: PLR2004 - a comma
        self._run_cuts = len(self._found.cuts)

    def _close_run(self, end: int) -> None:
        assert self._run is not None
        del self._found.cuts[self._run_cuts :]
        self._found.cuts.append((self._run, end))


def _read_name(token: bytes) -> str:
    if _BACKSLASH not in token:
        return token[1:-1].decode()
    return cast("str", json.loads(token))
