"""One column chunk, decoded for a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import MalformedData
from workflow.scrub.parquet import pages, values
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.fields import (
    Encoding,
    Meta,
    PageType,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node


@dataclass(frozen=True, slots=True)
class Column:
    """A decoded column chunk.

    Attributes:
        leaf: Its leaf in the schema.
        pages: Its data pages, without their values.
        values: The values of all pages, physical, without nulls; a dictionary array where all
            pages refer to the dictionary.
        dictionary: All entries of the dictionary page, also those that no value refers to.
        bounds: The minima and maxima in the headers of its pages, as they stand there.
    """

    leaf: Node
    pages: tuple[DataPage, ...]
    values: pa.ChunkedArray
    dictionary: pa.ChunkedArray | None = None
    bounds: frozenset[bytes] = frozenset()

    @property
    def entries(self) -> int:
        """Entries of all pages, missing values among them."""
        return sum(page.count for page in self.pages)

    @property
    def present(self) -> int:
        """Values of all pages."""
        return len(self.values)


def read_column(
    read: Callable[[int], bytes], leaf: Node, meta: Struct, *, start: int, size: int
) -> Column:
    """Read and decode a column chunk.

    Args:
        read: Returns the next bytes of the chunk.
        leaf: The chunk's leaf.
        meta: The chunk's ColumnMetaData.
        start: Offset of the chunk in the file.
        size: Bytes of the chunk.
    """
    codec = Codec(meta.needed(Meta.CODEC, "codec"))
    expected = meta.needed(Meta.VALUES, "number of values")
    decoder, dictionary, found, entries = values.Decoder(leaf), None, [], 0
    bounds: set[bytes] = set()
    for page in pages.walk(read, size, base=start):
        pages.check_sum(page)
        if page.type == PageType.DICTIONARY:
            count, body = pages.open_dictionary(page, codec)
            decoder.add_dictionary(count, body)
            dictionary = _decode_dictionary(leaf, count, body)
        elif page.type in (PageType.DATA, PageType.DATA_V2):
            data, body = pages.open_page(page, leaf, codec)
            decoder.add_page(data.present, data.encoding, body)
            found.append(data)
            entries += data.count
            bounds |= pages.bounds(page)
        if entries >= expected:
            break
    if entries != expected:
        raise MalformedData("a Parquet chunk has another number of values than its footer says")
    return Column(leaf, tuple(found), decoder.finish(), dictionary, frozenset(bounds))


def _decode_dictionary(leaf: Node, count: int, body: memoryview) -> pa.ChunkedArray:
    decoder = values.Decoder(leaf)
    decoder.add_page(count, Encoding.PLAIN, body)
    return decoder.finish()


def dense(array: pa.ChunkedArray) -> pa.Array:
    """Return one array of plain values."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    joined = array.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)
