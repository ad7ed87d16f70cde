"""The traces of a preview: the first rows of each row group, value by value.

A file is scrubbed column by column, but a person reads row by row: what the columns of a row group
show is kept until the group is done. Only the first rows are looked at, since a preview is short
and a row group is not.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import MalformedData
from workflow.scrub.parquet import edits
from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.meanings import kind_of
from workflow.scrub.plan import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.kinds import Kind
    from workflow.scrub.parquet.targets import Target
    from workflow.scrub.plan import Plan

ROWS = 1000
_NULL = "null"
_GROUP = "{...}"


class _Entry(NamedTuple):
    """One entry of a column: its row and levels, its value spelled, the indices of its lists."""

    row: int
    repetition: int
    definition: int
    spelled: str
    indices: tuple[int, ...]


class Watch:
    """Collects the traces of a row group and hands them over in the order of its rows.

    Args:
        plan: The rules, and who watches.
    """

    def __init__(self, plan: Plan) -> None:
        """Start with no trace."""
        self._plan = plan
        self._found: list[Trace] = []

    def look(self, target: Target, before: Column, after: Column | None, row: int) -> None:
        """Note what a rule does to the first values of a piece.

        Args:
            target: What the rule selects.
            before: The piece.
            after: The piece as the rule leaves it; None if it leaves it alone.
            row: The number of (kept) rows before the piece in its file.
        """
        if self._plan.trace is None:
            return
        old = list(islice(_entries(before), ROWS))
        leaf = target.node.column is not None and not target.whole_list
        removes = self._plan.rules[target.rule].action.removes
        new = old if after is None or removes or not leaf else list(islice(_entries(after), ROWS))
        for one, other in zip(old, new, strict=False):
            shown = _shown(target, one, other, leaf=leaf)
            # Under one key of a map only some entries are meant: those that change tell which.
            if shown is not None and not (target.keys and shown[0] == shown[1]):
                self._note(target, one, row, shown[0], None if removes else shown[1])

    @property
    def count(self) -> int:
        """How many traces there are of the row group so far."""
        return len(self._found)

    def forget(self, count: int) -> None:
        """Forget all but the first traces: what comes next is looked at again."""
        del self._found[count:]

    def show(self) -> None:
        """Hand over the traces of a row group."""
        if self._plan.trace is None:
            return
        for trace in sorted(self._found, key=lambda trace: (trace.row, trace.rule)):
            self._plan.trace(trace)
        self._found = []

    def _note(
        self, target: Target, entry: _Entry, row: int, before: str, after: str | None
    ) -> None:
        path = self._plan.rules[target.rule].rule.field
        if not target.keys:
            for index in entry.indices:
                path = path.replace("[*]", f"[{index}]", 1)
        self._found.append(Trace(row + entry.row + 1, target.rule, path, before, after))


def _shown(target: Target, one: _Entry, other: _Entry, *, leaf: bool) -> tuple[str, str] | None:
    """Return an instance of the target before and after; None for an entry that is none."""
    if one.definition < target.definition or one.repetition > target.repetition:
        return None
    if leaf:
        return one.spelled, other.spelled
    return (_GROUP if one.definition >= target.node.definition else _NULL), _NULL


def _entries(column: Column) -> Iterator[_Entry]:
    """Yield the entries of a piece; values are spelled as a person would.

    Of a row that goes on from the piece before, what is shown is its start.
    """
    kind, highest = kind_of(column.leaf), column.leaf.definition
    found = iter(dense(column.values.slice(0, ROWS)).to_pylist())
    row, indices = -1, [0] * column.leaf.repetition
    levels = zip(
        edits.repetition_levels(column)[:ROWS].to_pylist(),
        edits.definition_levels(column)[:ROWS].to_pylist(),
        strict=True,
    )
    for repetition, definition in levels:
        if repetition > column.leaf.repetition:
            raise MalformedData("a level of a Parquet page is out of range")
        row += repetition == 0
        if repetition:
            indices[repetition - 1] += 1
        indices[repetition:] = [0] * (column.leaf.repetition - repetition)
        spelled = _spell(kind, next(found)) if definition == highest else _NULL
        if row >= 0:
            yield _Entry(row, repetition, definition, spelled, tuple(indices))


def _spell(kind: Kind, value: object) -> str:
    spelled = kind.spell(value)
    if isinstance(spelled, bool):
        return "true" if spelled else "false"
    return "(bytes)" if spelled is None else str(spelled)
