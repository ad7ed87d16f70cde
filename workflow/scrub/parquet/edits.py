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
from workflow.scrub.parquet.hybrid import decode_levels, encode_levels, in_blocks

if TYPE_CHECKING:
    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node


def definition_levels(column: Column) -> pa.Array:
    """Return the definition level of each entry."""
    return decode_levels((page.definition, page.count) for page in column.pages)


def repetition_levels(column: Column) -> pa.Array:
    """Return the repetition level of each entry."""
    return decode_levels((page.repetition, page.count) for page in column.pages)


def ordinals(column: Column, repetition: int) -> pa.Array:
    """Return for each entry in which instance of a node it stands, from 0 on.

    An instance that starts before the piece is its first.

    Args:
        column: The piece.
        repetition: The highest repetition level of an entry that starts one; 0 for rows.
    """
    starts = pc.less_equal(repetition_levels(column), repetition)
    numbers = pc.cumulative_sum(starts.cast(pa.int32()))
    return numbers if column.first_level > repetition else pc.subtract(numbers, 1)


def rows_with(column: Column, chosen: pa.Array) -> pa.Array:
    """Tell for each row whether one of its entries is chosen; a row goes on from before."""
    if not column.leaf.repetition or not len(chosen):
        return chosen
    rows = ordinals(column, 0)
    return pc.inverse_permutation(
        rows.filter(chosen).unique(), max_index=rows[-1].as_py()
    ).is_valid()


class RowsWith:
    """Tells piece by piece for each row whether one of its entries is chosen.

    A row may go on in the next piece: it is told of when the next one starts, or at the end.
    """

    def __init__(self) -> None:
        """Start before the first row."""
        self._last: pa.Array | None = None

    def of(self, column: Column, chosen: pa.Array) -> pa.Array:
        """Return the answers for the rows that end before the last one of a piece."""
        found = rows_with(column, chosen)
        if not column.leaf.repetition or not len(found):
            return found
        if self._last is not None and column.first_level:
            found = pa.concat_arrays([pc.or_(self._last, found[:1]), found[1:]])
        elif self._last is not None:
            found = pa.concat_arrays([self._last, found])
        self._last = found[-1:]
        return found[:-1]

    def finish(self) -> pa.Array:
        """Return the answer for the last row, if there is one."""
        return pa.array([], pa.bool_()) if self._last is None else self._last


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
    """Return the column with those rows only for which the array says True.

    Where the piece starts inside a row, the first answer is for that.
    """
    keep = kept.take(ordinals(column, 0)) if column.leaf.repetition else kept
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
        numbers = decode_levels([(repetition, page.count)]).filter(mask)
        repetition = encode_levels(in_blocks(numbers), repetition.highest)
    present = pc.sum(pc.equal(definition, highest)).as_py() or 0
    return replace(
        page,
        count=len(definition),
        present=present,
        repetition=repetition,
        definition=encode_levels(in_blocks(definition), highest),
    )


def _with_nulls(page: DataPage, valid: pa.Array) -> DataPage:
    missing = valid.false_count
    if not missing:
        return page
    highest = page.definition.highest
    old = decode_levels([(page.definition, page.count)])
    replacement = pc.if_else(
        valid, pa.scalar(highest, pa.uint8()), pa.scalar(highest - 1, pa.uint8())
    )
    new = pc.replace_with_mask(old, pc.equal(old, highest), replacement)
    levels = encode_levels(in_blocks(new), highest)
    return replace(page, present=page.present - missing, definition=levels)
