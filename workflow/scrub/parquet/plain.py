"""Plain values that are encoded part by part: those of a large page, or a dictionary.

The body of a page stands in memory as a whole, since it is compressed as a whole. Nothing else that
is as large shall stand beside it but the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.dictionaries import Remembered
from workflow.scrub.parquet.fields import Encoding, Type
from workflow.scrub.parquet.memory import LARGE, cut, let_go, step_of
from workflow.scrub.parquet.values import BATCH, Physical, encode_pages

if TYPE_CHECKING:
    from collections.abc import Sequence


def encode_plain(physical: Physical, page: pa.ChunkedArray) -> bytearray:
    """Return the body of a page of plain values."""
    size = plain_size(page)
    let_go(size)
    step = step_of(len(page), size, BATCH)
    # Made at once: one that grows leaves the memory behind that it had when it was shorter.
    body, at = bytearray(size), 0
    with memoryview(body) as room:
        for values in cut(page, step, _Sizes().of):
            for part in _encode(physical, dense(values)):
                room[at : at + len(part)] = memoryview(part).cast("B")
                at += len(part)
            let_go(size)
    return body


def _encode(physical: Physical, values: pa.Array) -> Sequence[bytes | pa.Buffer]:
    if physical.type == Type.BYTE_ARRAY and len(values) == 1:
        # A single value may be as large as its chunk: nothing copies it on the way.
        value = values[0].as_buffer()
        return (value.size.to_bytes(4, "little"), value)
    return encode_pages(physical, [values], Encoding.PLAIN)


def is_large(page: pa.ChunkedArray) -> bool:
    """Tell whether a page is to be encoded part by part."""
    # Values that refer to a dictionary are larger than the memory that they take.
    return page.nbytes > LARGE or (pa.types.is_dictionary(page.type) and plain_size(page) > LARGE)


def plain_size(page: pa.ChunkedArray) -> int:
    """Return how many bytes a page of plain values has."""
    return _Sizes().of(page)


class _Sizes:
    """Tells the size of plain values, also where they refer to a dictionary."""

    def __init__(self) -> None:
        self._lengths = Remembered(pc.binary_length)

    def of(self, page: pa.ChunkedArray) -> int:
        plain = page.type.value_type if pa.types.is_dictionary(page.type) else page.type
        if pa.types.is_binary(plain):
            return 4 * len(page) + sum(map(self._texts, page.chunks))
        return int(len(page) * plain.bit_width + 7) // 8

    def _texts(self, chunk: pa.Array) -> int:
        if isinstance(chunk, pa.DictionaryArray):
            sizes = self._lengths.of(chunk.dictionary).take(chunk.indices)
        else:
            sizes = pc.binary_length(chunk)
        return pc.sum(sizes).as_py() or 0
