"""The memory of large columns: nothing is there twice for longer than it must be.

Arrow's allocator keeps what it frees, and an array that grew while it was made may sit in twice the
memory that it needs. In pieces of a usual size that does not matter. A page or a dictionary may be
as large as its chunk, though, and there it would be half of the memory that a scrub takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import ObjectTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from workflow.scrub.parquet.compression import Bytes

_Values = TypeVar("_Values", pa.Array, pa.ChunkedArray)
LARGE = 4 << 20
# What is decoded, asked or encoded at once of something large.
_STEP = 1 << 20
MOST = (1 << 31) - 1
TOO_LARGE = "a piece of a selected Parquet column is larger than 2 GiB"


def room(size: int) -> memoryview:
    """Return memory that goes back when it is let go of; what is not written takes none.

    Of what Python allocates, the C library may keep as much as was ever freed at once.
    """
    return memoryview(pa.allocate_buffer(size)).cast("B")


def put(body: memoryview, at: int, part: Bytes) -> int:
    """Copy a part into memory at a place, and return where it ends."""
    end = at + len(part)
    body[at:end] = part
    return end


def let_go(size: int) -> None:
    """Give back what Arrow's allocator keeps of values that are gone, before as much is needed."""
    if size > LARGE:
        let_go_of_all()


def let_go_of_all() -> None:
    """Give back what Arrow's allocator keeps of values that are gone."""
    pa.default_memory_pool().release_unused()


def step_of(count: int, size: int, most: int) -> int:
    """Return how many values to take at once, of so many that have so many bytes in all.

    It is a multiple of 8, as the most is, so that booleans end with a byte; fewer are no booleans.
    """
    if size <= 2 * _STEP:
        return most
    step = min(most, _STEP * count // size)
    return step & ~7 or max(1, step)


def in_steps(
    values: _Values, step: int, size_of: Callable[[_Values], int] | None = None
) -> Iterator[_Values]:
    """Yield slices of a step's length, or shorter: values of uneven sizes may come together.

    Args:
        values: The values.
        step: How many to take at once.
        size_of: Tells the bytes of a slice; what Arrow says of it, if not given.
    """
    start = 0
    while start < len(values):
        part = values.slice(start, step)
        while len(part) > 1 and (size_of(part) if size_of else part.nbytes) > 4 * _STEP:
            half = len(part) // 2
            part = part.slice(0, half & ~7 or half)
        yield part
        start += len(part)


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
    if found.num_chunks == 1:
        return found.chunk(0)
    try:
        joined = found.combine_chunks()
    except pa.ArrowInvalid:
        raise ObjectTooLarge(TOO_LARGE) from None
    if isinstance(joined, pa.ChunkedArray):
        raise ObjectTooLarge(TOO_LARGE)
    return joined


def gather(kind: pa.DataType, parts: Iterable[pa.Array], size: int) -> pa.Array:
    """Return one array of all parts; where it is large, they are not there beside it.

    Args:
        kind: The type of them all.
        parts: The arrays.
        size: Bytes of all arrays, about.
    """
    if size <= LARGE or pa.types.is_boolean(kind):
        return join(pa.chunked_array(parts, kind))
    held = [part for part in settle(parts, size) if len(part)]
    found = _Gathered(kind, held)
    held.reverse()
    while held:
        found.add(held.pop())
        let_go(size)
    return found.array()


def stored(array: pa.Array) -> memoryview:
    """Return the memory of the values of an array of fixed width."""
    width = array.type.bit_width // 8
    start = array.offset * width
    return memoryview(array.buffers()[1]).cast("B")[start : start + len(array) * width]


class _Gathered:
    """An array that is filled part by part; what is not filled yet takes no memory."""

    def __init__(self, kind: pa.DataType, parts: list[pa.Array]) -> None:
        self._kind = kind
        self._valid = pa.concat_arrays([pa.array([], pa.bool_()), *(p.is_valid() for p in parts)])
        size = sum(len(data_of(part)) for part in parts)
        if size > MOST:
            raise ObjectTooLarge(TOO_LARGE)
        self._ends = room(4 * len(self._valid) + 4)
        self._data = room(size)
        self._count, self._at = 0, 0

    def add(self, part: pa.Array) -> None:
        """Fill in the values of the next array."""
        data = data_of(part)
        if pa.types.is_binary(self._kind):
            ends = ends_of(part)
            moved = pc.add(ends[1:], pa.scalar(self._at - ends[0].as_py(), pa.int32()))
            put(self._ends, 4 * self._count + 4, stored(moved))
        self._at = put(self._data, self._at, data)
        self._count += len(part)

    def array(self) -> pa.Array:
        """Return the array."""
        buffers = [self._valid.buffers()[1] if self._valid.false_count else None]
        if pa.types.is_binary(self._kind):
            put(self._ends, 0, bytes(4))
            buffers.append(pa.py_buffer(self._ends))
        buffers.append(pa.py_buffer(self._data))
        return pa.Array.from_buffers(self._kind, self._count, buffers)


def ends_of(part: pa.Array) -> pa.Array:
    """Return where each text of an array ends, without a copy; the first is where they start."""
    buffers = [None, part.buffers()[1]]
    return pa.Array.from_buffers(pa.int32(), len(part) + 1, buffers, offset=part.offset)


def data_of(part: pa.Array) -> memoryview:
    """Return the bytes of the values of an array that is not empty, without a copy."""
    if not pa.types.is_binary(part.type):
        return stored(part)
    ends, data = ends_of(part), part.buffers()[2]
    return memoryview(data or b"").cast("B")[ends[0].as_py() : ends[-1].as_py()]
