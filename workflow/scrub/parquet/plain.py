"""Plain values that are encoded part by part: those of a large page, or a dictionary.

The body of a page stands in memory as a whole, since it is compressed as a whole. Nothing else that
is as large shall stand beside it but the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.fields import Encoding, Type
from workflow.scrub.parquet.memory import (
    LARGE,
    data_of,
    ends_of,
    in_steps,
    let_go,
    put,
    room,
    step_of,
)
from workflow.scrub.parquet.values import BATCH, Physical, encode_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.scrub.parquet.compression import Bytes


def encode_plain(
    physical: Physical, held: list[pa.ChunkedArray], before: list[Bytes] | None = None
) -> memoryview:
    """Return the body of a page of plain values.

    Args:
        physical: What the values are stored as.
        held: The values; emptied.
        before: What stands before them in the body, in parts; emptied.
    """
    page = held.pop()
    size = plain_size(page)
    let_go(size)
    step = step_of(len(page), size, BATCH)
    # Made at once: one that grows leaves the memory behind that it had when it was shorter. And
    # what is not written yet takes no memory, while the values that are written go.
    levels = before or []
    body, at = room(sum(map(len, levels)) + size), 0
    while levels:
        at = put(body, at, levels.pop(0))
    parts = _parts(physical, page)
    del page
    while parts:
        for values in in_steps(parts.pop(), step, plain_size):
            for part in _encode(physical, dense(values)):
                at = put(body, at, part)
        let_go(size)
    if at != len(body):
        # What is not written holds whatever was in that memory before.
        raise AssertionError("pyarrow encoded plain values in another size than theirs")
    return body


def _parts(physical: Physical, page: pa.ChunkedArray) -> list[pa.ChunkedArray]:
    """Return the chunks of a page from the last on, so that each can go when it is encoded."""
    if physical.type == Type.BOOLEAN:
        # Their bits go on from chunk to chunk.
        return [page]
    return [pa.chunked_array([chunk]) for chunk in reversed(page.chunks)]


def _encode(physical: Physical, values: pa.Array) -> Sequence[Bytes]:
    if physical.type == Type.BYTE_ARRAY and len(values) == 1:
        # A single value may be as large as its chunk: nothing copies it on the way.
        value = data_of(values)
        return (len(value).to_bytes(4, "little"), value)
    return encode_pages(physical, [values], Encoding.PLAIN)


def is_large(page: pa.ChunkedArray) -> bool:
    """Tell whether a page is to be encoded part by part."""
    # Values that refer to a dictionary are larger than the memory that they take.
    return page.nbytes > LARGE or (pa.types.is_dictionary(page.type) and plain_size(page) > LARGE)


def plain_size(page: pa.ChunkedArray) -> int:
    """Return how many bytes a page of plain values has."""
    plain = page.type.value_type if pa.types.is_dictionary(page.type) else page.type
    if pa.types.is_binary(plain):
        return 4 * len(page) + sum(map(_text_size, page.chunks))
    return int(len(page) * plain.bit_width + 7) // 8


def _text_size(chunk: pa.Array) -> int:
    if not isinstance(chunk, pa.DictionaryArray):
        return pc.sum(pc.binary_length(chunk)).as_py() or 0
    ends, indices = ends_of(chunk.dictionary), chunk.indices
    until = ends[1:].take(indices)
    return pc.sum(pc.subtract(until, ends[:-1].take(indices))).as_py() or 0
