"""Plain values that are encoded part by part: those of a large page, or a dictionary.

The body of a page stands in memory as a whole, since it is compressed as a whole. Nothing else that
is as large shall stand beside it but the values.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.fields import Encoding
from workflow.scrub.parquet.memory import LARGE, let_go, step_of
from workflow.scrub.parquet.values import BATCH, Physical, encode_pages


def encode_plain(physical: Physical, page: pa.ChunkedArray) -> bytearray:
    """Return the body of a page of plain values."""
    size = plain_size(page)
    let_go(size)
    step = step_of(len(page), size, BATCH)
    # Made at once: one that grows leaves the memory behind that it had when it was shorter.
    body, at = bytearray(size), 0
    for start in range(0, len(page), step):
        (part,) = encode_pages(physical, [dense(page.slice(start, step))], Encoding.PLAIN)
        body[at : at + len(part)] = part
        at += len(part)
        let_go(size)
    return body


def is_large(page: pa.ChunkedArray) -> bool:
    """Tell whether a page is to be encoded part by part."""
    # Values that refer to a dictionary are larger than the memory that they take.
    return page.nbytes > LARGE or (pa.types.is_dictionary(page.type) and plain_size(page) > LARGE)


def plain_size(page: pa.ChunkedArray) -> int:
    """Return how many bytes a page of plain values has."""
    plain = page.type.value_type if pa.types.is_dictionary(page.type) else page.type
    if pa.types.is_binary(plain):
        return 4 * len(page) + sum(_text_size(chunk) for chunk in page.chunks)
    return int(len(page) * plain.bit_width + 7) // 8


def _text_size(chunk: pa.Array) -> int:
    if isinstance(chunk, pa.DictionaryArray):
        sizes = pc.binary_length(chunk.dictionary).take(chunk.indices)
    else:
        sizes = pc.binary_length(chunk)
    return pc.sum(sizes).as_py() or 0
