"""The values of one leaf between Parquet's encodings and Arrow.

Strategy: the values of data pages, stripped of their levels, are put into a Parquet file in memory
whose only column is required and flat, and carries no annotation. pyarrow decodes that file: every
encoding, at the speed of C++, and nothing is converted on the way (INT96 is read as 12 bytes, a
decimal as its bytes or integer, a time as its integer). Pages of dictionary indices get a
dictionary in which entry 5 is the number 5, so they are decoded to indices, whatever the type.
Encoding is the way back: each page is a row group of a file in memory, and the body of its only
page is lifted out.

So nesting never meets Arrow's types, and siblings, null structs and old list layouts cannot be
disturbed by a round trip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from workflow.errors import MalformedData
from workflow.scrub.parquet import compact, footer
from workflow.scrub.parquet.compact import Struct
from workflow.scrub.parquet.fields import (
    Chunk,
    Element,
    Encoding,
    File,
    Group,
    Meta,
    Page,
    PageDictionary,
    PageType,
    PageV1,
    Type,
)
from workflow.scrub.parquet.memory import put, room, settle, step_of, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workflow.scrub.parquet.compression import Bytes
    from workflow.scrub.parquet.schema import Node

DICTIONARY_ENCODINGS = (Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY)

_ENCODING_NAMES = {
    Encoding.PLAIN: "PLAIN",
    Encoding.RLE: "RLE",
    Encoding.DELTA_BINARY_PACKED: "DELTA_BINARY_PACKED",
    Encoding.DELTA_LENGTH_BYTE_ARRAY: "DELTA_LENGTH_BYTE_ARRAY",
    Encoding.DELTA_BYTE_ARRAY: "DELTA_BYTE_ARRAY",
    Encoding.BYTE_STREAM_SPLIT: "BYTE_STREAM_SPLIT",
}
_HUGE = 1 << 30
# Values that are decoded or encoded at once; a multiple of 8, so that booleans end with a byte.
BATCH = 1 << 17


class Physical(NamedTuple):
    """How the values of a leaf are stored.

    Attributes:
        type: The physical type; INT96 is read as 12 bytes.
        length: Bytes of one value, for those of fixed length.
    """

    type: int
    length: int = 0

    @classmethod
    def of(cls, leaf: Node) -> Physical:
        """Return what a leaf's values are stored as."""
        return cls(Type.FIXED if leaf.type == Type.INT96 else leaf.type, leaf.length)

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that holds the values."""
        return pa.binary(self.length) if self.type == Type.FIXED else _ARROW[self.type]()


_ARROW: dict[int, Callable[[], pa.DataType]] = {
    Type.BOOLEAN: pa.bool_,
    Type.INT32: pa.int32,
    Type.INT64: pa.int64,
    Type.FLOAT: pa.float32,
    Type.DOUBLE: pa.float64,
    Type.BYTE_ARRAY: pa.binary,
}


_INDEX = Physical(Type.INT32)


class Decoder:
    """Collects the values of pages, then decodes them all at once.

    Args:
        physical: What the values are stored as.
        entries: The size of the dictionary that the pages refer to; then the values are indices.
    """

    def __init__(self, physical: Physical, entries: int | None = None) -> None:
        """Start the file in memory."""
        self._physical = physical if entries is None else _INDEX
        self.kind = self._physical.arrow
        self.size = 0
        self._parts: list[Bytes] = []
        self._end = 0
        self._put(footer.MAGIC)
        self._count = 0
        self._encodings: set[int] = set()
        self._dictionary = 0
        if entries is not None:
            self._add_identity(entries)
        self._first = self._end

    def add_page(self, count: int, encoding: int, body: memoryview) -> None:
        """Add the values of a data page; a page without values adds nothing."""
        if not count:
            return
        header = Struct()
        for field, number in (
            (PageV1.VALUES, count),
            (PageV1.ENCODING, encoding),
            (PageV1.DEFINITION, Encoding.RLE),
            (PageV1.REPETITION, Encoding.RLE),
        ):
            header.set_number(field, number, kind=compact.I32)
        self._add(PageType.DATA, Page.V1, header, body)
        self._count += count
        self.size += len(body)
        self._encodings.add(encoding)

    def finish(self) -> pa.ChunkedArray:
        """Return all values."""
        # Arrow needs twice the memory for what it decodes at once.
        step = step_of(self._count, self.size, BATCH)
        parts = settle(self.batches(step), self.size)
        return pa.chunked_array(parts, self.kind)

    def batches(self, most: int) -> Iterator[pa.Array]:
        """Yield all values, so many at a time.

        Raises:
            MalformedData: They cannot be decoded.
        """
        if not self._count:
            return
        self._put(footer.encode(self._metadata()))
        file, found = self._join(), 0
        try:
            with pq.ParquetFile(pa.BufferReader(pa.py_buffer(file))) as reader:
                for batch in reader.iter_batches(most, use_threads=False):
                    found += len(batch)
                    held = batch.columns
                    # Nothing holds what is done with while the next batch is decoded.
                    del batch
                    if found >= self._count:
                        break
                    yield held.pop()
        except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError):
            raise MalformedData("a page of a selected Parquet column cannot be decoded") from None
        if found != self._count:
            raise MalformedData("a page of a selected Parquet column has too few values")
        # Whoever takes the last values shall not have to keep what they were made of.
        del file, reader
        yield held.pop()

    def _add_identity(self, entries: int) -> None:
        """Add a dictionary whose values are its indices: what refers to it is decoded to these."""
        header = Struct()
        header.set_number(PageDictionary.VALUES, entries, kind=compact.I32)
        header.set_number(PageDictionary.ENCODING, Encoding.PLAIN, kind=compact.I32)
        self._dictionary = self._end
        size = 4 * entries
        self._put(page_header(PageType.DICTIONARY, Page.DICTIONARY, header, (size, size)))
        for start in range(0, entries, BATCH):
            numbers = pa.arange(start, min(start + BATCH, entries))
            self._put(stored(numbers.cast(pa.int32())))

    def _add(self, kind: int, field: int, header: Struct, body: memoryview) -> None:
        self._put(page_header(kind, field, header, (len(body), len(body))))
        self._put(body)

    def _put(self, part: Bytes) -> None:
        self._parts.append(part)
        self._end += len(part)

    def _join(self) -> memoryview:
        """Return the file; what it is made of is forgotten on the way."""
        file, at = room(self._end), 0
        self._parts.reverse()
        while self._parts:
            at = put(file, at, self._parts.pop())
        return file

    def _metadata(self) -> Struct:
        root, leaf = Struct(), Struct()
        root.set_binary(Element.NAME, b"s")
        root.set_number(Element.CHILDREN, 1, kind=compact.I32)
        kind, length = self._physical
        leaf.set_number(Element.TYPE, kind, kind=compact.I32)
        if kind == Type.FIXED:
            leaf.set_number(Element.LENGTH, length, kind=compact.I32)
        leaf.set_number(Element.REPETITION, 0, kind=compact.I32)
        leaf.set_binary(Element.NAME, b"v")
        return _file_metadata([root, leaf], self._group(kind), self._count)

    def _group(self, kind: int) -> Struct:
        meta, chunk, group = Struct(), Struct(), Struct()
        size = self._end - len(footer.MAGIC)
        meta.set_number(Meta.TYPE, kind, kind=compact.I32)
        meta.set_sequence(Meta.ENCODINGS, compact.I32, sorted(self._encodings | {Encoding.RLE}))
        meta.set_sequence(Meta.PATH, compact.BINARY, [b"v"])
        meta.set_number(Meta.CODEC, 0, kind=compact.I32)
        meta.set_number(Meta.VALUES, self._count)
        meta.set_number(Meta.UNCOMPRESSED, size)
        meta.set_number(Meta.COMPRESSED, size)
        meta.set_number(Meta.DATA_PAGE, self._first)
        if self._dictionary:
            meta.set_number(Meta.DICTIONARY_PAGE, self._dictionary)
        chunk.set_number(Chunk.FILE_OFFSET, 0)
        chunk.set_struct(Chunk.META, meta)
        group.set_sequence(Group.COLUMNS, compact.STRUCT, [chunk])
        group.set_number(Group.BYTES, size)
        group.set_number(Group.ROWS, self._count)
        return group


def _file_metadata(schema: list[Struct], group: Struct, rows: int) -> Struct:
    metadata = Struct()
    metadata.set_number(1, 1, kind=compact.I32)
    metadata.set_sequence(File.SCHEMA, compact.STRUCT, schema)
    metadata.set_number(File.ROWS, rows)
    metadata.set_sequence(File.ROW_GROUPS, compact.STRUCT, [group])
    return metadata


def page_header(
    kind: int, field: int, header: Struct, sizes: tuple[int, int], crc: int | None = None
) -> bytes:
    """Encode the header of a page; sizes are those before and after compression."""
    page = Struct()
    page.set_number(Page.TYPE, kind, kind=compact.I32)
    page.set_number(Page.UNCOMPRESSED, sizes[0], kind=compact.I32)
    page.set_number(Page.COMPRESSED, sizes[1], kind=compact.I32)
    if crc is not None:
        page.set_number(Page.CRC, crc - (1 << 32) if crc >> 31 else crc, kind=compact.I32)
    page.set_struct(field, header)
    return compact.encode(page)


def encode_pages(physical: Physical, pages: Sequence[pa.Array], encoding: int) -> list[bytes]:
    """Return the bodies of pages with the values of each array; an empty array gives b""."""
    schema = pa.schema([pa.field("v", physical.arrow, nullable=False)])
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        schema,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        column_encoding={"v": _ENCODING_NAMES.get(encoding, "PLAIN")},
        data_page_version="1.0",
        write_batch_size=_HUGE,
        data_page_size=_HUGE,
        max_rows_per_page=_HUGE,
    ) as writer:
        for page in pages:
            if len(page):
                writer.write_table(pa.table([page], schema=schema), row_group_size=len(page))
    return _lift(memoryview(sink.getvalue()), pages)


def _lift(data: memoryview, pages: Sequence[pa.Array]) -> list[bytes]:
    """Cut the bodies of the only pages out of the row groups of a file in memory."""
    size = int.from_bytes(data[-8:-4], "little")
    metadata, _end = compact.decode(bytes(data[-8 - size : -8]))
    groups = iter(metadata.sequence(File.ROW_GROUPS, compact.STRUCT))
    bodies = []
    for page in pages:
        if not len(page):
            bodies.append(b"")
            continue
        chunk = next(groups).sequence(Group.COLUMNS, compact.STRUCT)[0]
        meta = chunk.struct(Chunk.META)
        start = meta.needed(Meta.DATA_PAGE, "offset")
        end = start + meta.needed(Meta.COMPRESSED, "size")
        header, at = compact.decode(bytes(data[start : min(start + 256, end)]))
        body = bytes(data[start + at : end])
        if len(body) != header.needed(Page.COMPRESSED, "size"):
            raise AssertionError("pyarrow wrote more than one page")
        bodies.append(body)
    return bodies
