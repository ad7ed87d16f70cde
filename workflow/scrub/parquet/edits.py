"""Changes of a decoded column: values, nulls, rows.

Everything here works on entries: (repetition level, definition level, value). Levels are Arrow
arrays of one byte each, made only where a change needs them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.fields import Repetition
from workflow.scrub.parquet.hybrid import encode_levels, small_numbers

if TYPE_CHECKING:
    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node


def definition_levels(column: Column) -> pa.Array:
    """Return the definition level of each entry."""
    return small_numbers(b"".join(page.definition.numbers(page.count) for page in column.pages))


def repetition_levels(column: Column) -> pa.Array:
    """Return the repetition level of each entry."""
    return small_numbers(b"".join(page.repetition.numbers(page.count) for page in column.pages))


def row_numbers(column: Column) -> pa.Array:
    """Return the zero-based row of each entry."""
    starts = pc.equal(repetition_levels(column), 0).cast(pa.int32())
    return pc.subtract(pc.cumulative_sum(starts), 1)


def rows_with(column: Column, chosen: pa.Array) -> pa.Array:
    """Tell for each row whether one of its entries is chosen."""
    if not column.leaf.repetition or not len(chosen):
        return chosen
    starts = pc.indices_nonzero(pc.equal(repetition_levels(column), 0))
    # How many were chosen before each row, and before the end: rows are where the number grows.
    until = pc.cumulative_sum(chosen.cast(pa.int32()))
    before = pc.subtract(until.take(starts), chosen.take(starts).cast(pa.int32()))
    return pc.less(before, pa.concat_arrays([before[1:], until[-1:]]))


def instances(column: Column, definition: int, repetition: int) -> pa.Array:
    """Tell which entries start an instance of a node that is there from these levels on."""
    found = pc.greater_equal(definition_levels(column), definition)
    if column.leaf.repetition > repetition:
        found = pc.and_(found, pc.less_equal(repetition_levels(column), repetition))
    return found


def put_values(column: Column, new: pa.ChunkedArray) -> Column:
    """Return the column with other values; where they are null, the entries become null.

    The leaf must be optional if there is a null. The old dictionary stays behind.
    """
    if not new.null_count:
        return replace(column, values=new, dictionary=None)
    valid = new.is_valid()
    pages, start = [], 0
    for page in column.pages:
        pages.append(_with_nulls(page, valid.slice(start, page.present).combine_chunks()))
        start += page.present
    return replace(column, pages=tuple(pages), values=new.drop_null(), dictionary=None)


def null_node(column: Column, node: Node) -> Column:
    """Return a leaf's column with every instance of a node above it (or of the leaf) made null.

    A repeated node becomes empty. A node's instance is one entry then, whatever was in it.
    """
    inside = node.repetition - (node.kind == Repetition.REPEATED)
    old = definition_levels(column)
    new = pc.min_element_wise(old, pa.scalar(node.definition - 1, pa.uint8()))
    keep = None
    if column.leaf.repetition > inside:
        keep = pc.less_equal(repetition_levels(column), inside)
    return _regroup(column, new, keep)


def filter_rows(column: Column, kept: pa.Array) -> Column:
    """Return the column with those rows only for which the array says True."""
    keep = kept.take(row_numbers(column)) if column.leaf.repetition else kept
    return _regroup(column, definition_levels(column), keep)


def _regroup(column: Column, definition: pa.Array, keep: pa.Array | None) -> Column:
    """Apply new definition levels, then keep some entries, page by page."""
    highest = column.leaf.definition
    had = pc.equal(definition_levels(column), highest)
    has = pc.equal(definition, highest)
    if keep is not None:
        has = pc.and_(has, keep)
    found = column.values.filter(has.filter(had))
    pages, start = [], 0
    for page in column.pages:
        part = slice(start, start + page.count)
        mask = None if keep is None else keep[part]
        if mask is None or mask.true_count:
            pages.append(_with_levels(page, definition[part], mask, highest))
        start += page.count
    return replace(column, pages=tuple(pages), values=found)


def _with_levels(
    page: DataPage, definition: pa.Array, mask: pa.Array | None, highest: int
) -> DataPage:
    repetition = page.repetition
    if mask is not None:
        definition = definition.filter(mask)
        numbers = small_numbers(repetition.numbers(page.count)).filter(mask)
        repetition = encode_levels(numbers, repetition.highest)
    present = pc.sum(pc.equal(definition, highest)).as_py() or 0
    return replace(
        page,
        count=len(definition),
        present=present,
        repetition=repetition,
        definition=encode_levels(definition, highest),
    )


def _with_nulls(page: DataPage, valid: pa.Array) -> DataPage:
    missing = valid.false_count
    if not missing:
        return page
    highest = page.definition.highest
    old = small_numbers(page.definition.numbers(page.count))
    replacement = pc.if_else(
        valid, pa.scalar(highest, pa.uint8()), pa.scalar(highest - 1, pa.uint8())
    )
    new = pc.replace_with_mask(old, pc.equal(old, highest), replacement)
    return replace(page, present=page.present - missing, definition=encode_levels(new, highest))
