"""A changed column chunk, encoded again as it was.

Each page keeps its version, its rows, its encoding and its checksum (a new one, if it had one);
the chunk keeps its codec. What a writer derives from the values is not written again: no minimum
and maximum, no bloom filter, no column index, no extensions, and the dictionary is built anew from
the values that are there, in the order in which they first occur (an old order may tell of the old
values). Only the number of nulls stays, which the definition levels tell anyway.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet import compact, values
from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.compact import Struct
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.fields import (
    Encoding,
    Meta,
    Offsets,
    Page,
    PageDictionary,
    PageType,
    PageV1,
    PageV2,
    Statistics,
)

if TYPE_CHECKING:
    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.pages import DataPage, Levels


@dataclass(slots=True)
class Encoded:
    """An encoded column chunk.

    Attributes:
        parts: Its bytes, page by page.
        meta: Its ColumnMetaData; offsets count from the start of the chunk.
        locations: (offset in the chunk, size, rows) of each data page.
    """

    meta: Struct
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    plain_size: int = 0
    locations: list[tuple[int, int, int]] = field(default_factory=list)

    def offset_index(self, start: int) -> bytes:
        """Encode the offset index of the chunk, given its place in the file."""
        index, row, found = Struct(), 0, []
        for offset, size, rows in self.locations:
            location = Struct()
            location.set_number(Offsets.OFFSET, start + offset)
            location.set_number(Offsets.SIZE, size, kind=compact.I32)
            location.set_number(Offsets.FIRST_ROW, row)
            found.append(location)
            row += rows
        index.set_sequence(Offsets.PAGES, compact.STRUCT, found)
        return compact.encode(index)


def encode_column(column: Column, old: Struct) -> Encoded:
    """Encode a changed column chunk.

    Args:
        column: The pages and values to write.
        old: The ColumnMetaData that it had.
    """
    number = old.needed(Meta.CODEC, "codec")
    out = Encoded(Struct())
    writer = _Writer(column, Codec(number), out)
    writer.write()
    meta = out.meta
    for kept in (Meta.TYPE, Meta.PATH, Meta.CODEC):
        meta[kept] = old[kept]
    meta.set_number(Meta.VALUES, column.entries)
    meta.set_number(Meta.COMPRESSED, out.size)
    meta.set_number(Meta.UNCOMPRESSED, out.plain_size)
    statistics = Struct()
    statistics.set_number(Statistics.NULLS, column.entries - column.present)
    meta.set_struct(Meta.STATISTICS, statistics)
    return out


class _Writer:
    """Encodes the pages of one chunk."""

    def __init__(self, column: Column, codec: Codec, out: Encoded) -> None:
        self.column = column
        self.codec = codec
        self.out = out
        self.used: list[tuple[int, int]] = []

    def write(self) -> None:
        numbered = self._encodings()
        bodies = self._bodies(numbered)
        first = self.out.size
        for page, body in zip(numbered, bodies, strict=True):
            start = self.out.size
            write = self._write_v1 if page.version == 1 else self._write_v2
            write(page, body)
            self.out.locations.append((start, self.out.size - start, rows_of(page)))
        meta = self.out.meta
        meta.set_number(Meta.DATA_PAGE, first)
        if first:
            meta.set_number(Meta.DICTIONARY_PAGE, 0)
        # Levels are RLE, whatever the values are.
        encodings = {encoding for _type, encoding in self.used} | {Encoding.RLE}
        meta.set_sequence(Meta.ENCODINGS, compact.I32, sorted(encodings))
        self._write_counts()

    def _encodings(self) -> list[DataPage]:
        """Return the pages with the encodings that they get.

        Without any value there is no dictionary to refer to, and no delta to start from.
        """
        has_dictionary = any(
            page.present and page.encoding in values.DICTIONARY_ENCODINGS
            for page in self.column.pages
        )
        return [
            page
            if page.present or (has_dictionary and page.encoding in values.DICTIONARY_ENCODINGS)
            else replace(page, encoding=Encoding.PLAIN)
            for page in self.column.pages
        ]

    def _bodies(self, numbered: list[DataPage]) -> list[bytes]:
        """Return the encoded values of each page; the dictionary page is written on the way."""
        slices, start = [], 0
        for page in numbered:
            slices.append(self.column.values.slice(start, page.present))
            start += page.present
        bodies = [b""] * len(numbered)
        referring = [
            at for at, page in enumerate(numbered) if page.encoding in values.DICTIONARY_ENCODINGS
        ]
        if referring:
            self._refer(numbered, slices, referring, bodies)
        for encoding in {page.encoding for page in numbered} - {*values.DICTIONARY_ENCODINGS}:
            chosen = [at for at, page in enumerate(numbered) if page.encoding == encoding]
            plain = [dense(slices[at]) for at in chosen]
            encoded = values.encode_pages(self.column.leaf, plain, encoding)
            for at, body in zip(chosen, encoded, strict=True):
                bodies[at] = body
        return bodies

    def _refer(
        self,
        numbered: list[DataPage],
        slices: list[pa.ChunkedArray],
        referring: list[int],
        bodies: list[bytes],
    ) -> None:
        chunks = [chunk for at in referring for chunk in slices[at].chunks]
        kind = self.column.values.type
        indices, dictionary = canonical(pa.chunked_array(chunks, type=kind))
        old = any(numbered[at].encoding == Encoding.PLAIN_DICTIONARY for at in referring)
        self._write_dictionary(dictionary, old=old)
        start, highest = 0, max(0, len(dictionary) - 1)
        for at in referring:
            count = numbered[at].present
            bodies[at] = values.encode_indices(indices.slice(start, count), highest)
            start += count

    def _write_dictionary(self, dictionary: pa.Array, *, old: bool) -> None:
        body = values.encode_pages(self.column.leaf, [dictionary], Encoding.PLAIN)[0]
        encoding = Encoding.PLAIN_DICTIONARY if old else Encoding.PLAIN
        header = Struct()
        header.set_number(PageDictionary.VALUES, len(dictionary), kind=compact.I32)
        header.set_number(PageDictionary.ENCODING, encoding, kind=compact.I32)
        packed = self.codec.compress(body)
        checked = self.column.pages[0].checked
        self._add(
            (PageType.DICTIONARY, Page.DICTIONARY, header), packed, len(body), checked=checked
        )
        self.used.append((PageType.DICTIONARY, encoding))

    def _write_v1(self, page: DataPage, body: bytes) -> None:
        plain = b"".join(
            (_prefixed(page.repetition), _prefixed(page.definition), body),
        )
        header = Struct()
        for number, value in (
            (PageV1.VALUES, page.count),
            (PageV1.ENCODING, page.encoding),
            (PageV1.DEFINITION, page.definition.encoding),
            (PageV1.REPETITION, page.repetition.encoding),
        ):
            header.set_number(number, value, kind=compact.I32)
        packed = self.codec.compress(plain)
        self._add((PageType.DATA, Page.V1, header), packed, len(plain), checked=page.checked)
        self.used.append((PageType.DATA, page.encoding))

    def _write_v2(self, page: DataPage, body: bytes) -> None:
        stored = page.repetition.data + page.definition.data
        packed = self.codec.compress(body) if body else b""
        header = Struct()
        for number, value in (
            (PageV2.VALUES, page.count),
            (PageV2.NULLS, page.count - page.present),
            (PageV2.ROWS, rows_of(page)),
            (PageV2.ENCODING, page.encoding),
            (PageV2.DEFINITION_BYTES, len(page.definition.data)),
            (PageV2.REPETITION_BYTES, len(page.repetition.data)),
        ):
            header.set_number(number, value, kind=compact.I32)
        header[PageV2.COMPRESSED] = (compact.TRUE, bool(body) and self.codec.number != 0)
        size = len(stored) + len(body)
        self._add((PageType.DATA_V2, Page.V2, header), stored + packed, size, checked=page.checked)
        self.used.append((PageType.DATA_V2, page.encoding))

    def _add(
        self, header: tuple[int, int, Struct], packed: bytes, size: int, *, checked: bool
    ) -> None:
        crc = zlib.crc32(packed) if checked else None
        head = values.page_header(*header, (size, len(packed)), crc)
        self.out.parts += (head, packed)
        self.out.size += len(head) + len(packed)
        self.out.plain_size += len(head) + size

    def _write_counts(self) -> None:
        counts = []
        for kind, encoding in sorted(set(self.used)):
            count = Struct()
            count.set_number(1, kind, kind=compact.I32)
            count.set_number(2, encoding, kind=compact.I32)
            count.set_number(3, self.used.count((kind, encoding)), kind=compact.I32)
            counts.append(count)
        self.out.meta.set_sequence(Meta.ENCODING_STATS, compact.STRUCT, counts)


def rows_of(page: DataPage) -> int:
    """Count the rows that start in a page."""
    if not page.repetition.highest:
        return page.count
    return page.repetition.numbers(page.count).count(0)


def canonical(array: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return indices and a dictionary without doubles, in the order of first occurrence."""
    if not pa.types.is_dictionary(array.type):
        encoded = array.dictionary_encode().combine_chunks()
        return encoded.indices, encoded.dictionary
    joined = array.unify_dictionaries().combine_chunks()
    entries = joined.dictionary.dictionary_encode()
    indices = entries.indices.take(joined.indices)
    order = indices.unique()
    return pc.index_in(indices, value_set=order), entries.dictionary.take(order)


def _prefixed(levels: Levels) -> bytes:
    if not levels.highest:
        return b""
    if levels.encoding == Encoding.BIT_PACKED:
        return levels.data
    return len(levels.data).to_bytes(4, "little") + levels.data
