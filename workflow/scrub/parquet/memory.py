"""The memory of large columns: nothing is there twice for longer than it must be.

Arrow's allocator keeps what it frees, and an array that grew while it was made may sit in twice the
memory that it needs. In pieces of a usual size that does not matter. A page or a dictionary may be
as large as its chunk, though, and there it would be half of the memory that a scrub takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import ObjectTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGE = 16 << 20
# What is decoded, asked or encoded at once of something large.
_STEP = 4 << 20
_MOST = (1 << 31) - 1
_TOO_LARGE = "a piece of a selected Parquet column is larger than 2 GiB"


def let_go(size: int) -> None:
    """Give back what Arrow's allocator keeps of values that are gone, before as much is needed."""
    if size > LARGE:
        pa.default_memory_pool().release_unused()


def step_of(count: int, size: int, most: int) -> int:
    """Return how many values to take at once, of so many that have so many bytes in all.

    It is a multiple of 8, as the most is, so that booleans end with a byte.
    """
    return most if size <= 2 * _STEP else max(8, min(most, _STEP * count // size) & ~7)


def settle(parts: Iterable[pa.Array], size: int) -> Iterator[pa.Array]:
    """Yield arrays as they are made; where all are large, in no more memory than they need.

    Args:
        parts: The arrays; each is forgotten before the next is made.
        size: Bytes of all arrays, about.
    """
    for part in parts:
        yield part if size <= LARGE else pa.concat_arrays([part, part[:0]])
        del part
        let_go(size)


def join(found: pa.ChunkedArray) -> pa.Array:
    """Return one array; more than 2 GiB of texts in one piece are refused."""
    joined = found.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        raise ObjectTooLarge(_TOO_LARGE)
    return joined


def gather(kind: pa.DataType, parts: Iterable[pa.Array], size: int) -> pa.Array:
    """Return one array of all parts; where it is large, each is forgotten before the next is made.

    Args:
        kind: The type of them all.
        parts: The arrays.
        size: Bytes of all arrays, about.
    """
    if size <= LARGE or pa.types.is_boolean(kind):
        return join(pa.chunked_array(parts, kind))
    found = _Gathered()
    for part in parts:
        found.add(part)
        del part
        let_go(size)
    return found.array(kind)


def stored(array: pa.Array) -> memoryview:
    """Return the memory of the values of an array of fixed width."""
    width = array.type.bit_width // 8
    start = array.offset * width
    return memoryview(array.buffers()[1])[start : start + len(array) * width]


class _Gathered:
    """The buffers of an array that grows."""

    def __init__(self) -> None:
        self._valid = [pa.array([], pa.bool_())]
        self._ends = bytearray(4)
        self._data = bytearray()

    def add(self, part: pa.Array) -> None:
        """Append the values of an array."""
        if not len(part):
            return
        self._valid.append(part.is_valid())
        if pa.types.is_binary(part.type):
            self._add_binary(part)
        else:
            self._data += stored(part)

    def _add_binary(self, part: pa.Array) -> None:
        _validity, buffer, data = part.buffers()
        ends = pa.Array.from_buffers(pa.int32(), len(part) + 1, [None, buffer], offset=part.offset)
        first, last = ends[0].as_py(), ends[-1].as_py()
        by = len(self._data) - first
        if last + by > _MOST:
            raise ObjectTooLarge(_TOO_LARGE)
        if data is not None:
            self._data += memoryview(data)[first:last]
        self._ends += stored(pc.add(ends[1:], pa.scalar(by, pa.int32())))

    def array(self, kind: pa.DataType) -> pa.Array:
        """Return the array."""
        valid = pa.concat_arrays(self._valid)
        buffers = [valid.buffers()[1] if valid.false_count else None]
        if pa.types.is_binary(kind):
            buffers.append(pa.py_buffer(self._ends))
        return pa.Array.from_buffers(kind, len(valid), [*buffers, pa.py_buffer(self._data)])
