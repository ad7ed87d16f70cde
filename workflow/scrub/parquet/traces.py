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
    from collections.abc import Callable, Iterator

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.compact import Struct

# Numbers, names, offsets, and what is compared with the values. All else may tell of them.
_PLAIN = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16})


class Traces:
    """Looks for traces in a chunk while its pieces pass by.

    Args:
        meta: The chunk's ColumnMetaData.
        column_index: Reads its column index, if it has one: not for a chunk that changes at once.
    """

    def __init__(self, meta: Struct, column_index: Callable[[], Struct | None]) -> None:
        """Note what the chunk's surroundings say."""
        self._strange = bool(meta.keys() - _PLAIN)
        # What is said of values that were in no piece so far; as an array once there is a piece.
        self._said = pages.statistics_bounds(meta.struct(Meta.STATISTICS))
        self._column_index: Callable[[], Struct | None] | None = column_index
        self._bounds: list[pa.Array] = []
        # Which entries of the dictionary are used so far.
        self._used: pa.Array | None = None

    def look(self, piece: Column) -> None:
        """Compare a piece with what is said of it."""
        if self._column_index is not None:
            self._said.update(_index_bounds(self._column_index()))
            self._column_index = None
        self._said |= piece.bounds
        if not self._strange:
            self._note_used(piece)
            self._note_bounds(piece)

    @property
    def found(self) -> bool:
        """Whether something tells of a value that was in no piece."""
        loose = self._used is not None and self._used.false_count
        return self._strange or bool(loose or self._said or any(map(len, self._bounds)))

    def _note_used(self, piece: Column) -> None:
        if piece.dictionary is None:
            return
        if self._used is None:
            self._used = pa.repeat(pa.scalar(value=False), len(piece.dictionary))
        if not pa.types.is_dictionary(piece.values.type):
            return
        parts = [part.indices for part in piece.values.chunks]
        if parts:
            # Where each index is found: a table of them would be larger than the dictionary.
            found = pc.inverse_permutation(pa.concat_arrays(parts), max_index=len(self._used) - 1)
            self._used = pc.or_(self._used, found.is_valid())

    def _note_bounds(self, piece: Column) -> None:
        physical = values.Physical.of(piece.leaf)
        said = [bound for bound in self._said if _fits(bound, physical)]
        # What is no value of the column's type is never found.
        self._strange = len(said) < len(self._said)
        self._said = set()
        bounds = pa.concat_arrays([*self._bounds, _decode(said, physical)])
        if not len(bounds):
            return
        known = pc.is_in(bounds, value_set=_among(piece.values, bounds))
        self._bounds = [bounds.filter(pc.invert(known))]


def _index_bounds(index: Struct | None) -> Iterator[bytes]:
    if index is None:
        return
    for field in (Index.MIN, Index.MAX):
        # A page of nulls only has empty bounds.
        yield from filter(None, index.sequence(field, compact.BINARY))


def _among(own: pa.ChunkedArray, wanted: pa.Array) -> pa.Array:
    """Return those of the wanted values that there are, asked for in a table of the wanted ones."""
    if pa.types.is_dictionary(own.type):
        found = [_among_entries(part, wanted) for part in own.chunks]
        return pa.concat_arrays([wanted[:0], *found])
    return own.filter(pc.is_in(own, value_set=wanted)).unique()


def _among_entries(part: pa.DictionaryArray, wanted: pa.Array) -> pa.Array:
    places = pc.indices_nonzero(pc.is_in(part.dictionary, value_set=wanted))
    used = pc.is_in(part.indices, value_set=places.cast(part.indices.type))
    return part.dictionary.take(part.indices.filter(used).unique())


def _fits(bound: bytes, physical: values.Physical) -> bool:
    if physical.type == Type.BYTE_ARRAY:
        return True
    return bool(len(bound) == max(1, physical.arrow.bit_width // 8))


def _decode(bounds: list[bytes], physical: values.Physical) -> pa.Array:
    kind = physical.arrow
    if physical.type == Type.BYTE_ARRAY:
        return pa.array(bounds, kind)
    if physical.type == Type.BOOLEAN:
        return pa.array([bound != b"\0" for bound in bounds], kind)
    return pa.Array.from_buffers(kind, len(bounds), [None, pa.py_buffer(b"".join(bounds))])
