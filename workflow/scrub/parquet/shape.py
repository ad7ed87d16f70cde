"""The footer after a change: columns that went, claims that no longer hold, sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.scrub.parquet import compact, descriptions
from workflow.scrub.parquet.fields import EXTENSION, Element, File, Group, Meta, Sorting
from workflow.scrub.parquet.layout import chunk_meta, chunk_start

if TYPE_CHECKING:
    from collections.abc import Collection

    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.schema import Node


def take_out(metadata: Struct, dropped: list[Node], gone: Collection[int]) -> None:
    """Take dropped nodes out of the schema and out of all that counts columns."""
    elements = metadata.sequence(File.SCHEMA, compact.STRUCT)
    away: set[int] = set()
    for node in dropped:
        if node.index in away:
            continue
        away |= _indices(node)
        assert node.parent is not None
        parent = node.parent.element
        parent.set_number(Element.CHILDREN, parent.needed(Element.CHILDREN, "children") - 1)
    left = [element for index, element in enumerate(elements) if index not in away]
    metadata.set_sequence(File.SCHEMA, compact.STRUCT, left)
    orders = metadata.sequence(File.COLUMN_ORDERS, compact.STRUCT)
    if orders:
        kept = [order for column, order in enumerate(orders) if column not in gone]
        metadata.set_sequence(File.COLUMN_ORDERS, compact.STRUCT, kept)
    descriptions.take_out(metadata, [node.path for node in dropped])


def _indices(node: Node) -> set[int]:
    found = {node.index}
    for child in node.children:
        found |= _indices(child)
    return found


def settle_group(
    group: Struct, chunks: list[Struct], *, touched: Collection[int], gone: Collection[int]
) -> None:
    """Correct a row group after its chunks were written.

    Args:
        group: The row group.
        chunks: All of its old chunks.
        touched: The columns that were scrubbed: the rows are no longer sorted by them.
        gone: The columns that were dropped.
    """
    left = [chunk for column, chunk in enumerate(chunks) if column not in gone]
    group.set_sequence(Group.COLUMNS, compact.STRUCT, left)
    metas = [chunk_meta(chunk) for chunk in left]
    group.set_number(Group.BYTES, sum(meta.needed(Meta.UNCOMPRESSED, "size") for meta in metas))
    if Group.COMPRESSED in group:
        size = sum(meta.needed(Meta.COMPRESSED, "size") for meta in metas)
        group.set_number(Group.COMPRESSED, size)
    if Group.OFFSET in group and metas:
        group.set_number(Group.OFFSET, chunk_start(metas[0]))
    _settle_sorting(group, {*touched, *gone}, gone)


def _settle_sorting(group: Struct, touched: set[int], gone: Collection[int]) -> None:
    """Cut the list of sorting columns at the first that is no longer what it was."""
    kept = []
    for claim in group.sequence(Group.SORTING, compact.STRUCT):
        column = claim.needed(Sorting.COLUMN, "sorting column")
        if column in touched:
            break
        before = sum(1 for other in gone if other < column)
        claim.set_number(Sorting.COLUMN, column - before)
        kept.append(claim)
    if kept:
        group.set_sequence(Group.SORTING, compact.STRUCT, kept)
    else:
        group.drop(Group.SORTING)


def forget_values(metadata: Struct, leaves: list[Node]) -> None:
    """Take what the key-value metadata says of the values of changed leaves."""
    descriptions.forget_values(metadata, [leaf.path for leaf in leaves])


def settle_file(metadata: Struct, groups: list[Struct]) -> None:
    """Correct the file's metadata after its row groups."""
    metadata.set_sequence(File.ROW_GROUPS, compact.STRUCT, groups)
    metadata.set_number(File.ROWS, sum(group.needed(Group.ROWS, "rows") for group in groups))
    for number, group in enumerate(groups):
        if Group.ORDINAL in group:
            group.set_number(Group.ORDINAL, number)
    metadata.drop(EXTENSION)
