"""Arrow arrays of small numbers in Parquet's hybrid of runs and packed numbers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet import levels
from workflow.scrub.parquet.fields import Encoding
from workflow.scrub.parquet.memory import stored
from workflow.scrub.parquet.pages import Levels


def encode_levels(numbers: pa.Array, highest: int) -> Levels:
    """Return levels, given one byte each."""
    if not highest:
        return Levels(b"", Encoding.RLE, 0)
    return Levels(encode_hybrid(numbers, levels.width_of(highest)), Encoding.RLE, highest)


def small_numbers(data: bytes) -> pa.Array:
    """Return the array of numbers that are one byte each."""
    return pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])


def encode_indices(indices: pa.Array, highest: int) -> bytes:
    """Return the body of a data page of dictionary indices: their bit width, then the hybrid."""
    # One bit at least, as other writers do: some readers do not expect a width of 0.
    width = max(1, levels.width_of(highest))
    return bytes((width,)) + encode_hybrid(indices, width)


def encode_hybrid(numbers: pa.Array, width: int) -> bytes:
    """Encode small numbers as runs or packed, whichever is smaller."""
    if not len(numbers):
        return b""
    runs = pc.run_end_encode(numbers, run_end_type=pa.int32())
    count = len(runs.values)
    if count * (2 + (width + 7) // 8) < len(numbers) * width // 8 + 2 or count == 1:
        return levels.encode_runs(runs.values.to_pylist(), runs.run_ends.to_pylist(), width)
    lane = 1 if width <= 8 else 2 if width <= 16 else 4  # noqa: PLR2004
    kind = {1: pa.uint8(), 2: pa.uint16(), 4: pa.uint32()}[lane]
    return levels.encode_packed(bytes(stored(numbers.cast(kind))), lane, width)
