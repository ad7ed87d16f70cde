"""One rule on one column chunk, piece by piece, and its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import SchemaMismatch
from workflow.scrub.parquet import edits
from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.dictionaries import Remembered
from workflow.scrub.parquet.fields import Repetition
from workflow.scrub.parquet.keyed import Keyed
from workflow.scrub.parquet.mapping import Mapped, Mapping
from workflow.scrub.parquet.meanings import is_text
from workflow.scrub.parquet.plain import plain_size
from workflow.scrub.parquet.portions import PORTION
from workflow.scrub.parquet.targets import emptied_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.parquet.targets import Target
    from workflow.scrub.plan import BoundRule, Plan


class ColumnScrub:
    """One rule on one column chunk, piece by piece.

    Args:
        target: What the rule selects.
        leaf: The leaf of the chunk.
        plan: The rules.
        pieces: Decodes another chunk of the row group; rows that go are gone from it.
    """

    def __init__(
        self, target: Target, leaf: Node, plan: Plan, pieces: Callable[[Node], Iterator[Column]]
    ) -> None:
        """Start before the first piece."""
        self.target = target
        self._plan = plan
        self._bound = plan.rules[target.rule]
        self._instances = None
        if leaf is next(target.node.leaves()):
            self._instances = Instances(target, plan)
        self._keyed = Keyed(target, pieces)
        self._mapping = Mapping(self._bound.action, leaf)
        self._merged = _Merged()

    def scrub(self, column: Column) -> tuple[Column, bool]:
        """Apply the rule to the next piece.

        Returns:
            The piece, and whether it changed. If it did not, its values are those that it had, but
            may stand in another dictionary: that of the pieces that do change.

        Raises:
            SchemaMismatch: A value would have to become null and cannot.
        """
        chosen = self._keyed.entries(column)
        if self._instances:
            self._instances.count(column, chosen)
        if self.target.node.column is None or self.target.whole_list or self._bound.action.removes:
            new = _scrub_container(self.target, column, self._bound, chosen)
            return new or column, new is not None
        return self._scrub_values(column, chosen)

    def finish(self) -> None:
        """Count what ends with the last piece; check that the pieces were what others say.

        Raises:
            MalformedData: They were not.
        """
        self._keyed.finish()
        if self._instances:
            self._instances.finish()

    def _scrub_values(self, column: Column, chosen: pa.Array | None) -> tuple[Column, bool]:
        bound = self._bound
        if chosen is not None and _is_smaller_plain(column):
            column = column.plain()
        old = column.values
        if pa.types.is_dictionary(old.type) and not column.refers:
            old = pa.chunked_array([dense(old)])
        mapped = self._mapping.apply(old)
        if chosen is not None:
            mapped = self._only(chosen, column, mapped, old)
        new, changed = mapped.values, mapped.changed
        nulls = new.null_count
        if nulls and column.leaf.kind != Repetition.OPTIONAL:
            if not is_text(column.leaf):
                _refuse(bound)
            # What the empty text becomes: a second scrub meets that, and shall leave it.
            empty = bound.action.on_text("") or ""
            new = pa.chunked_array([pc.fill_null(dense(new), empty.encode("utf-8", "replace"))])
            changed = pc.not_equal(new, pa.chunked_array([dense(old)]))
        bound.tally.nulled += 0 if bound.action.nulls else nulls
        count = pc.sum(changed).as_py() or 0
        bound.tally.changed += count
        return edits.put_values(column, new), bool(count)

    def _only(
        self, chosen: pa.Array, column: Column, mapped: Mapped, old: pa.ChunkedArray
    ) -> Mapped:
        """Keep what the action made of the chosen values only."""
        has = pc.equal(edits.definition_levels(column), column.leaf.definition)
        picked = chosen.filter(has)
        changed = pc.and_(picked, mapped.changed.combine_chunks())
        return Mapped(self._merged.pick(picked, mapped.values, old), pa.chunked_array([changed]))


def _is_smaller_plain(column: Column) -> bool:
    """Tell whether the values take less room than old and new entries in one dictionary."""
    entries = column.dictionary
    if entries is None or entries.nbytes <= PORTION:
        return False
    if column.first_level or any(page.goes_on for page in column.pages):
        # All parts of a row are written alike.
        return False
    return plain_size(column.values) <= int(entries.nbytes)


class _Merged:
    """Values of which some are new; where both refer to dictionaries, so do they."""

    def __init__(self) -> None:
        self._entries = Remembered(_joined)

    def pick(self, picked: pa.Array, new: pa.ChunkedArray, old: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return the new values where they are picked, the old ones elsewhere."""
        if not (pa.types.is_dictionary(new.type) and pa.types.is_dictionary(old.type)):
            return pa.chunked_array([pc.if_else(picked, dense(new), dense(old))])
        start, parts = 0, []
        for one, other in zip(new.chunks, old.chunks, strict=True):
            entries = self._entries.of(other.dictionary, one.dictionary)
            moved = pc.add(one.indices, pa.scalar(len(other.dictionary), pa.int32()))
            indices = pc.if_else(picked.slice(start, len(one)), moved, other.indices)
            parts.append(pa.DictionaryArray.from_arrays(indices, entries, safe=False))
            start += len(one)
        return pa.chunked_array(parts, new.type)


def _joined(old: pa.Array, new: pa.Array) -> pa.Array:
    # A null entry is one that nothing refers to; the next rule shall not be asked for it.
    return pa.concat_arrays([old, pc.coalesce(new, old) if new.null_count else new])


def _scrub_container(
    target: Target, column: Column, bound: BoundRule, chosen: pa.Array | None
) -> Column | None:
    """Make a group null; `drop` of every element of a list leaves it empty."""
    aim = emptied_list(target) if bound.action.removes else target
    assert aim is not None
    if not aim.nullable:
        _refuse(bound)
    if chosen is not None:
        raise SchemaMismatch(f"{bound.rule.field} selects a group under one key of a map")
    if column.leaf is next(target.node.leaves()):
        there = edits.instances(column, aim.node.definition, target.repetition)
        bound.tally.changed += there.true_count
        bound.tally.nulled += 0 if bound.action.nulls or bound.action.removes else there.true_count
    # An instance may have started in the piece before.
    inside = pc.any(pc.greater_equal(edits.definition_levels(column), aim.node.definition))
    return edits.null_node(column, aim.node) if inside.as_py() else None


def _refuse(bound: BoundRule) -> None:
    raise SchemaMismatch(
        f"{bound.rule.field} is a required column that {bound.action.name} does not fit; "
        "it cannot become null"
    )


class Instances:
    """Counts a rule's instances in a chunk, and the rows without any.

    Args:
        target: What the rule selects.
        plan: The rules.
    """

    def __init__(self, target: Target, plan: Plan) -> None:
        """Start before the first piece."""
        self._target = target
        self._plan = plan
        self._rows = edits.RowsWith()

    def count(self, column: Column, chosen: pa.Array | None) -> None:
        """Count in the next piece; under a key of a map, among the chosen entries."""
        target, tally = self._target, self._plan.rules[self._target.rule].tally
        if not target.definition and not column.leaf.repetition and chosen is None:
            tally.matched += column.entries
            return
        found = edits.instances(column, target.definition, target.repetition)
        if chosen is not None:
            found = pc.and_(found, chosen)
        tally.matched += found.true_count
        self._absent(self._rows.of(column, found).false_count)

    def finish(self) -> None:
        """Count the row that ended with the last piece."""
        self._absent(self._rows.finish().false_count)

    def _absent(self, missing: int) -> None:
        if missing:
            self._plan.absent(self._target.rule)
            self._plan.rules[self._target.rule].tally.absent += missing - 1
