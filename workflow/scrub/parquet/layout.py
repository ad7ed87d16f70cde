"""Where the parts of a file stand: column chunks, bloom filters and page indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from workflow.errors import MalformedData
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import Chunk, File, Group, Meta
from workflow.scrub.parquet.footer import MAGIC
from workflow.scrub.parquet.stretch import read_stretch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.footer import Footer
    from workflow.scrub.parquet.schema import Schema

# Writers before parquet-mr 1.2.9 left the header of the dictionary page out of a chunk's size
# (PARQUET-816). Its readers allow for this many bytes more.
_OLD_WRITER = re.compile(rb"parquet-mr(?: version 1\.(?:[01]\.|2\.[0-8]\b)|$)")
_OLD_PADDING = 100
_BLOOM_HEADER = 32


class Part(Enum):
    """What a stretch of the file holds."""

    CHUNK = "column chunk"
    BLOOM = "bloom filter"
    COLUMN_INDEX = "column index"
    OFFSET_INDEX = "offset index"


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of the file that belongs to one column chunk.

    Attributes:
        start: Offset of its first byte.
        end: Offset after its last byte.
        part: What it holds.
        group: The number of the row group.
        column: The number of the column.
    """

    start: int
    end: int
    part: Part
    group: int
    column: int


def items(footer: Footer, schema: Schema, source: BinaryIO) -> list[Item]:
    """Return all parts in the order of the file.

    Raises:
        MalformedData: Parts overlap or lie outside the file, or chunks do not fit the schema.
    """
    found = sorted(_all(footer, schema, source), key=lambda item: (item.start, item.end))
    end = len(MAGIC)
    for item in found:
        if item.start < end:
            raise MalformedData("parts of the Parquet file overlap", offset=item.start)
        end = item.end
    if end > footer.start:
        raise MalformedData("a part of the Parquet file lies outside of it", offset=end)
    created = footer.metadata.binary(File.CREATED_BY) or b""
    return _padded(found, footer.start) if _OLD_WRITER.match(created) else found


def chunk_meta(chunk: Struct) -> Struct:
    """Return the ColumnMetaData of a chunk."""
    meta = chunk.struct(Chunk.META)
    if meta is None:
        raise MalformedData("a column chunk of the Parquet file has no metadata")
    return meta


def chunk_start(meta: Struct) -> int:
    """Return the offset of a chunk's first page.

    Writers say 0 where there is no such page, even for the data page of an empty chunk.
    """
    fields = (Meta.DATA_PAGE, Meta.DICTIONARY_PAGE, Meta.INDEX_PAGE)
    offsets = [offset for field in fields if (offset := meta.number(field) or 0) > 0]
    return min(offsets, default=len(MAGIC))


def _all(footer: Footer, schema: Schema, source: BinaryIO) -> Iterator[Item]:
    for number, group in enumerate(footer.groups):
        chunks = group.sequence(Group.COLUMNS, compact.STRUCT)
        if len(chunks) != len(schema.leaves):
            raise MalformedData("a row group has another number of columns than the schema")
        for column, chunk in enumerate(chunks):
            meta = chunk_meta(chunk)
            _check(meta, schema, column)
            start = chunk_start(meta)
            end = start + meta.needed(Meta.COMPRESSED, "size of a chunk")
            yield Item(start, end, Part.CHUNK, number, column)
            yield from _extras(chunk, meta, source, number, column)


def _check(meta: Struct, schema: Schema, column: int) -> None:
    leaf = schema.leaves[column]
    path = [name.encode("utf-8") for name in leaf.path]
    if meta.sequence(Meta.PATH, compact.BINARY) != path or meta.number(Meta.TYPE) != leaf.type:
        raise MalformedData("a column chunk has another name or type than the schema says")


def _extras(
    chunk: Struct, meta: Struct, source: BinaryIO, group: int, column: int
) -> Iterator[Item]:
    for part, offset, length in (
        (Part.COLUMN_INDEX, chunk.number(Chunk.COLUMN_INDEX), Chunk.COLUMN_INDEX_LENGTH),
        (Part.OFFSET_INDEX, chunk.number(Chunk.OFFSET_INDEX), Chunk.OFFSET_INDEX_LENGTH),
    ):
        if offset is not None:
            yield Item(offset, offset + chunk.needed(length, "length"), part, group, column)
    bloom = meta.number(Meta.BLOOM)
    if bloom is not None:
        size = meta.number(Meta.BLOOM_LENGTH)
        end = bloom + (_bloom_size(source, bloom) if size is None else size)
        if end < bloom:
            raise MalformedData("a bloom filter of the Parquet file has a negative length")
        yield Item(bloom, end, Part.BLOOM, group, column)


def _bloom_size(source: BinaryIO, offset: int) -> int:
    """Measure a bloom filter whose length the footer does not tell."""
    if offset < 0:
        raise MalformedData("a part of the Parquet file lies outside of it")
    # The footer behind it is longer than the header can be.
    header, size = compact.decode(read_stretch(source, offset, _BLOOM_HEADER), base=offset)
    return size + header.needed(1, "size of a bloom filter")


def _padded(found: list[Item], end: int) -> list[Item]:
    """Let each chunk of an old writer reach into the gap behind it."""
    ends = [item.start for item in found[1:]] + [end]
    return [
        replace(item, end=min(item.end + _OLD_PADDING, following))
        if item.part is Part.CHUNK
        else item
        for item, following in zip(found, ends, strict=True)
    ]


def move_file_offset(chunk: Struct, item: Item, by: int) -> None:
    """Move a chunk's own offset, or give it up where it led to a copy of the metadata."""
    offset = chunk.number(Chunk.FILE_OFFSET)
    if offset:
        inside = item.start <= offset < item.end
        chunk.set_number(Chunk.FILE_OFFSET, offset + by if inside else 0)
