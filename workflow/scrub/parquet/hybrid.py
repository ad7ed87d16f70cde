"""Arrow arrays of small numbers, and Parquet's hybrid of runs and packed numbers.

Both ways go block by block, so that of a long sequence only one block is there in any other form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet import levels
from workflow.scrub.parquet.fields import Encoding
from workflow.scrub.parquet.memory import put, room, stored
from workflow.scrub.parquet.pages import Levels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflow.scrub.parquet.compression import Bytes

# A multiple of 8: packed numbers come in groups of as many.
BLOCK = 1 << 16


def decode_levels(parts: Iterable[tuple[Levels, int]]) -> pa.Array:
    """Return levels, one byte each, given those of each page and their count."""
    parts = list(parts)
    size, at = sum(count for _levels, count in parts), 0
    found = room(size)
    for part, count in parts:
        for block in part.blocks(count):
            at = put(found, at, block)
    if at != size:
        raise AssertionError("another number of levels was decoded than there are")
    return level_array(found)


def level_array(found: bytes | memoryview) -> pa.Array:
    """Return levels, one byte each, as an array."""
    return pa.Array.from_buffers(pa.uint8(), len(found), [None, pa.py_buffer(found)])


class LevelFeed:
    """Levels that are decoded as they are needed.

    Args:
        parts: Those of one page, or of several in a row, each with their count.
    """

    def __init__(self, parts: list[tuple[Levels, int]]) -> None:
        """Start at the first."""
        self._highest = parts[0][0].highest
        self._left = sum(count for _levels, count in parts)
        self._blocks: Iterator[bytes] = (
            block for found, count in parts for block in found.blocks(count)
        )
        self._held = bytearray()

    def find_start(self, at: int, end: int) -> int:
        """Return the first place of level 0 between two places; the first place, if none is there.

        Behind the last level is such a place too.
        """
        if not self._highest:
            return min(at, self._left)
        self._has(min(end, self._left))
        found = self._held.find(0, at, end)
        if found >= 0:
            return found
        return self._left if end >= self._left else at

    @property
    def starts_row(self) -> bool:
        """Whether the next level is 0, or the end."""
        return not self._highest or not self._has(1) or not self._held[0]

    def count_highest(self, count: int) -> int:
        """Return how many of the next levels are those of values."""
        if not self._highest:
            return count
        self._has(count)
        return self._held.count(self._highest, 0, count)

    def take(self, count: int) -> Iterator[pa.Array]:
        """Return the next levels in blocks, which are to be used up before the next question."""
        self._left -= count
        return self._take(count if self._highest else 0)

    def close(self) -> None:
        """Let go of the levels."""
        self._blocks, self._held = iter(()), bytearray()

    def _take(self, count: int) -> Iterator[pa.Array]:
        for start in range(0, count, BLOCK):
            length = min(BLOCK, count - start)
            self._has(length)
            found = bytes(self._held[:length])
            del self._held[:length]
            yield level_array(found)

    def _has(self, count: int) -> bool:
        while len(self._held) < count:
            block = next(self._blocks, None)
            if block is None:
                return False
            self._held += block
        return True


class LevelWriter:
    """Joins the levels of pages as those of one.

    Args:
        highest: The highest level.
    """

    def __init__(self, highest: int) -> None:
        """Start with no level."""
        self._highest = highest
        self._writer = HybridWriter(levels.width_of(highest))
        self._held = bytearray()

    def add(self, part: Levels, count: int) -> None:
        """Add so many levels."""
        if not self._highest:
            return
        for block in part.blocks(count):
            self._held += block
            while len(self._held) >= BLOCK:
                self._write(BLOCK)

    def finish(self) -> Levels:
        """Return all levels."""
        if not self._highest:
            return Levels(b"", Encoding.RLE, 0)
        if self._held:
            self._write(len(self._held))
        return Levels(self._writer.finish(), Encoding.RLE, self._highest)

    def _write(self, count: int) -> None:
        self._writer.add(level_array(bytes(self._held[:count])))
        del self._held[:count]


def in_blocks(numbers: pa.Array) -> Iterator[pa.Array]:
    """Cut numbers into blocks."""
    return (numbers.slice(start, BLOCK) for start in range(0, len(numbers), BLOCK))


def encode_levels(blocks: Iterable[pa.Array], highest: int) -> Levels:
    """Return levels, given in blocks, one byte each."""
    if not highest:
        return Levels(b"", Encoding.RLE, 0)
    return Levels(encode_hybrid(blocks, levels.width_of(highest)), Encoding.RLE, highest)


def encode_indices(blocks: Iterable[pa.Array], highest: int) -> tuple[Bytes, Bytes]:
    """Return the body of a data page of dictionary indices: their bit width, then the hybrid.

    Args:
        blocks: The indices, in blocks.
        highest: The highest that there is.
    """
    # One bit at least, as other writers do: some readers do not expect a width of 0.
    width = max(1, levels.width_of(highest))
    return bytes((width,)), encode_hybrid(blocks, width)


def encode_hybrid(blocks: Iterable[pa.Array], width: int) -> memoryview:
    """Encode small numbers; see `HybridWriter`."""
    writer = HybridWriter(width)
    for block in blocks:
        writer.add(block)
    return writer.finish()


class HybridWriter:
    """Encodes small numbers as runs or packed, whichever is smaller in each block.

    Args:
        width: Bits of a number.
    """

    def __init__(self, width: int) -> None:
        """Start with no number."""
        self._width = width
        self._out = bytearray()
        self._number = self._length = 0

    def add(self, block: pa.Array) -> None:
        """Add a block; all but the last hold a multiple of 8."""
        found = _runs(block, self._width)
        if found is None:
            self._end_run()
            self._out += _packed(block, self._width)
            return
        for following, count in found:
            if following != self._number:
                self._end_run()
                self._number = following
            self._length += count

    def finish(self) -> memoryview:
        """Return the encoded numbers."""
        self._end_run()
        # As it is: they may be as large as their chunk.
        return memoryview(self._out)

    def _end_run(self) -> None:
        self._out += levels.encode_run(self._number, self._width, self._length)
        self._length = 0


def _runs(numbers: pa.Array, width: int) -> list[tuple[int, int]] | None:
    """Return each run's number and length; None where packed numbers are smaller."""
    runs = pc.run_end_encode(numbers, run_end_type=pa.int32())
    count = len(runs.values)
    if count > 1 and count * (2 + (width + 7) // 8) >= len(numbers) * width // 8 + 2:
        return None
    ends = runs.run_ends.to_pylist()
    lengths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return list(zip(runs.values.to_pylist(), lengths, strict=True))


def _packed(numbers: pa.Array, width: int) -> bytes:
    lane = 1 if width <= 8 else 2 if width <= 16 else 4  # noqa: PLR2004
    kind = {1: pa.uint8(), 2: pa.uint16(), 4: pa.uint32()}[lane]
    return levels.encode_packed(bytes(stored(numbers.cast(kind))), lane, width)
