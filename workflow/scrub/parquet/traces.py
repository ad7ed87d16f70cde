"""What a chunk says of values that it does not hold.

A chunk whose values a rule leaves alone may still tell of others: a dictionary entry that nothing
refers to any more, a minimum from before somebody else's scrub, a bloom filter. A chunk without
such traces is copied as it is; one with traces is written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet import compact, pages, values
from workflow.scrub.parquet.fields import Index, Meta, Type

if TYPE_CHECKING:
    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.schema import Node

# Numbers, names, offsets, and what is compared with the values. All else may tell of them.
_PLAIN = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16})


def has_traces(column: Column, meta: Struct, column_index: Struct | None) -> bool:
    """Tell whether a chunk's surroundings hold a value that is not among its own.

    Args:
        column: The chunk.
        meta: Its ColumnMetaData.
        column_index: Its column index, if it has one.
    """
    if meta.keys() - _PLAIN:
        return True
    bounds = set(column.bounds)
    bounds |= pages.statistics_bounds(meta.struct(Meta.STATISTICS))
    if column_index is not None:
        bounds |= _index_bounds(column_index)
    return _loose_entries(column) or _unknown_bounds(column, bounds)


def _index_bounds(index: Struct) -> set[bytes]:
    # A page of nulls only has empty bounds.
    found = {*index.sequence(Index.MIN, compact.BINARY), *index.sequence(Index.MAX, compact.BINARY)}
    return found - {b""}


def _loose_entries(column: Column) -> bool:
    """Tell whether the dictionary has an entry that no value refers to."""
    if column.dictionary is None or not len(column.dictionary):
        return False
    if pa.types.is_dictionary(column.values.type):
        used = column.values.unify_dictionaries().combine_chunks().indices.unique()
        return len(used) < len(column.dictionary)
    known = pc.is_in(column.dictionary, value_set=column.values.unique())
    return not pc.all(known, min_count=0).as_py()


def _unknown_bounds(column: Column, bounds: set[bytes]) -> bool:
    if not bounds:
        return False
    decoded = _decode(column.leaf, bounds)
    if decoded is None:
        return True
    own = column.values.unique()
    if pa.types.is_dictionary(own.type):
        own = own.cast(own.type.value_type)
    return not pc.all(pc.is_in(decoded, value_set=own), min_count=0).as_py()


def _decode(leaf: Node, bounds: set[bytes]) -> pa.Array | None:
    """Return bounds as physical values; None where they are none."""
    kind = values.arrow_type(leaf)
    if leaf.type == Type.BYTE_ARRAY:
        return pa.array(sorted(bounds), kind)
    if leaf.type == Type.BOOLEAN:
        return pa.array([bound != b"\0" for bound in bounds], kind)
    size = kind.bit_width // 8
    if any(len(bound) != size for bound in bounds):
        return None
    data = pa.py_buffer(b"".join(bounds))
    return pa.Array.from_buffers(kind, len(bounds), [None, data])
