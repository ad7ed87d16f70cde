"""One rule on one decoded column chunk, and its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import MalformedData, SchemaMismatch
from workflow.scrub.parquet import edits, mapping
from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.fields import Repetition
from workflow.scrub.parquet.meanings import is_text
from workflow.scrub.parquet.targets import emptied_list

if TYPE_CHECKING:
    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.parquet.targets import Target
    from workflow.scrub.plan import BoundRule, Plan


class Neighbours(Protocol):
    """Gives the other columns of the row group."""

    def column(self, leaf: Node) -> Column:
        """Decode the chunk of a leaf; rows that go are gone from it."""
        ...


def scrub_column(
    target: Target, column: Column, plan: Plan, neighbours: Neighbours
) -> Column | None:
    """Apply a rule to a chunk.

    Returns:
        The changed chunk; None where nothing changes.

    Raises:
        SchemaMismatch: A value would have to become null and cannot.
    """
    bound = plan.rules[target.rule]
    chosen = chosen_entries(target, column, neighbours)
    if column.leaf is next(target.node.leaves()):
        count_instances(target, column, plan, chosen)
    if target.node.column is None or target.whole_list or bound.action.removes:
        return _scrub_container(target, column, bound, chosen)
    return _scrub_values(target, column, bound, chosen)


def _scrub_values(
    target: Target, column: Column, bound: BoundRule, chosen: pa.Array | None
) -> Column | None:
    leaf = target.node
    mapped = mapping.apply(bound.action, leaf, column.values)
    new, changed = mapped.values, mapped.changed
    if chosen is not None:
        new, changed = _only(chosen, column, mapped)
    nulls = new.null_count
    if nulls and leaf.kind != Repetition.OPTIONAL:
        if not is_text(leaf):
            _refuse(bound)
        new = pa.chunked_array([pc.fill_null(dense(new), b"")])
        changed = pc.not_equal(new, pa.chunked_array([dense(column.values)]))
    if not bound.action.nulls:
        bound.tally.nulled += nulls
    count = pc.sum(changed).as_py() or 0
    bound.tally.changed += count
    return edits.put_values(column, new) if count else None


def _only(
    chosen: pa.Array, column: Column, mapped: mapping.Mapped
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Keep what the action made of the chosen values only."""
    has = pc.equal(edits.definition_levels(column), column.leaf.definition)
    picked = chosen.filter(has)
    new = pc.if_else(picked, dense(mapped.values), dense(column.values))
    changed = pc.and_(picked, mapped.changed.combine_chunks())
    return pa.chunked_array([new]), pa.chunked_array([changed])


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
    there = edits.instances(column, aim.node.definition, target.repetition)
    count = pc.sum(there).as_py() or 0
    if column.leaf is next(target.node.leaves()):
        bound.tally.changed += count
        bound.tally.nulled += 0 if bound.action.nulls or bound.action.removes else count
    return edits.null_node(column, aim.node) if count else None


def _refuse(bound: BoundRule) -> None:
    raise SchemaMismatch(
        f"{bound.rule.field} is a required column that {bound.action.name} does not fit; "
        "it cannot become null"
    )


def count_instances(target: Target, column: Column, plan: Plan, chosen: pa.Array | None) -> None:
    """Count the rule's instances, and the rows without any."""
    tally = plan.rules[target.rule].tally
    if not target.definition and not column.leaf.repetition and chosen is None:
        tally.matched += column.entries
        return
    found = edits.instances(column, target.definition, target.repetition)
    if chosen is not None:
        found = pc.and_(found, chosen)
    tally.matched += found.true_count
    missing = edits.rows_with(column, found).false_count
    if missing:
        plan.absent(target.rule)
        tally.absent += missing - 1


def chosen_entries(target: Target, column: Column, neighbours: Neighbours) -> pa.Array | None:
    """Tell which entries stand under the target's keys; None where there are no keys."""
    chosen = None
    for key in target.keys:
        keys = neighbours.column(key.leaf)
        meets = pc.equal(dense(keys.values), pa.scalar(key.text.encode("utf-8"), pa.binary()))
        # Entries of empty maps have no key: give each entry of the key's column its answer.
        has = pc.equal(edits.definition_levels(keys), key.leaf.definition)
        answers = pc.replace_with_mask(pa.repeat(pa.scalar(value=False), len(has)), has, meets)
        starts = pc.less_equal(edits.repetition_levels(column), key.leaf.repetition)
        if starts.true_count != len(answers):
            raise MalformedData("a Parquet map has other numbers of keys and of values")
        numbers = pc.subtract(pc.cumulative_sum(starts.cast(pa.int64())), 1)
        under = answers.take(numbers)
        chosen = under if chosen is None else pc.and_(chosen, under)
    return chosen
