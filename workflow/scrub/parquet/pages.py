"""The pages of one column chunk: read with their levels kept apart from their values.

A page is levels and values. The levels say where values are missing or repeated; they are kept as
the bytes that they are unless entries go or become null. The values are handed on undecoded.

Source of the layouts: README.md ("Data Pages") and parquet.thrift of apache/parquet-format.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workflow.errors import MalformedData
from workflow.scrub.parquet import levels
from workflow.scrub.parquet.fields import (
    Encoding,
    Page,
    PageDictionary,
    PageType,
    PageV1,
    PageV2,
    Statistics,
)
from workflow.scrub.parquet.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.compression import Bytes, Codec
    from workflow.scrub.parquet.schema import Node

_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Levels:
    """The repetition or the definition levels of a page.

    Attributes:
        data: The encoded levels, without a length before them; of a page that was just read, the
            memory where they stand in it.
        encoding: RLE, or the deprecated BIT_PACKED.
        highest: The highest level; 0 means that no levels are stored.
    """

    data: Bytes
    encoding: int
    highest: int

    def own(self) -> Levels:
        """Return them in memory of their own, so that their page can go."""
        return replace(self, data=bytes(self.data))

    @property
    def prefixed(self) -> tuple[Bytes, ...]:
        """The levels as they stand in a body, in parts: with a length before them."""
        if not self.highest:
            return ()
        if self.encoding == Encoding.BIT_PACKED:
            return (self.data,)
        return (len(self.data).to_bytes(_PREFIX, "little"), self.data)

    def blocks(self, count: int) -> Iterator[bytes]:
        """Yield the levels block by block, one byte each."""
        if not self.highest:
            return iter((bytes(count),))
        width = levels.width_of(self.highest)
        if self.encoding == Encoding.BIT_PACKED:
            return levels.decode_deprecated(self.data, width, count)
        return levels.decode(self.data, width, count)

    def count_equal(self, count: int, level: int) -> int:
        """Return how many of so many levels are the one; the highest are those of values."""
        if not self.highest:
            return 0 if level else count
        if self.encoding == Encoding.BIT_PACKED:
            return sum(block.count(level) for block in self.blocks(count))
        return levels.count_equal(self.data, levels.width_of(self.highest), count, level)


@dataclass(frozen=True, slots=True)
class DataPage:
    """A data page without its values.

    Attributes:
        version: 1 or 2.
        count: Entries in it.
        present: Those that have a value.
        encoding: The encoding of the values.
        repetition: Its repetition levels.
        definition: Its definition levels.
        checked: Whether its header has a checksum.
        goes_on: Whether what is worked on next is a part of the same page.
    """

    version: int
    count: int
    present: int
    encoding: int
    repetition: Levels
    definition: Levels
    checked: bool
    goes_on: bool = False

    def own(self) -> DataPage:
        """Return the page with levels in memory of their own."""
        return replace(self, repetition=self.repetition.own(), definition=self.definition.own())

    @property
    def levels_size(self) -> int:
        """Bytes of its levels."""
        return len(self.repetition.data) + len(self.definition.data)

    @property
    def levels(self) -> tuple[Bytes, ...]:
        """What stands before the values in its body, in parts; in version 1 that is its levels."""
        return self.repetition.prefixed + self.definition.prefixed if self.version == 1 else ()

    def bare(self) -> DataPage:
        """Return the page without its levels, once its body has them."""
        if self.version != 1:
            return self
        definition = replace(self.definition, data=b"")
        return replace(self, repetition=replace(self.repetition, data=b""), definition=definition)

    @property
    def rows(self) -> int:
        """Rows that start in it."""
        return self.repetition.count_equal(self.count, 0)

    @property
    def first_level(self) -> int:
        """The repetition level of its first entry; 0 starts a row."""
        first = next(self.repetition.blocks(min(self.count, 1)), b"")
        return first[0] if first else 0


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it stands in the file."""

    header: Struct
    body: memoryview
    offset: int

    @property
    def type(self) -> int:
        """The page's type."""
        return self.header.needed(Page.TYPE, "page type")


def walk(read: Callable[[int], bytes], size: int, *, base: int) -> Iterator[RawPage]:
    """Yield the pages of a column chunk.

    Args:
        read: Returns the next bytes of the chunk.
        size: Bytes of the chunk.
        base: Offset of the chunk in the file.
    """
    window = Window(read, size, base)
    while window.more():
        offset = window.offset
        header = window.header()
        yield RawPage(header, window.take(header.needed(Page.COMPRESSED, "size of a page")), offset)


def check_sum(page: RawPage) -> None:
    """Compare a page with its checksum, if it has one.

    Raises:
        MalformedData: They differ.
    """
    crc = page.header.number(Page.CRC)
    if crc is not None and crc & 0xFFFFFFFF != zlib.crc32(page.body):
        raise MalformedData("the checksum of a Parquet page is wrong", offset=page.offset)


def statistics_bounds(statistics: Struct | None) -> set[bytes]:
    """Return the minima and maxima that statistics hold, old and new."""
    if statistics is None:
        return set()
    fields = (Statistics.MIN, Statistics.MAX, Statistics.MIN_VALUE, Statistics.MAX_VALUE)
    return {bound for field in fields if (bound := statistics.binary(field)) is not None}


def bounds(page: RawPage) -> set[bytes]:
    """Return the minima and maxima in the header of a data page."""
    v1, v2 = page.header.struct(Page.V1), page.header.struct(Page.V2)
    found = statistics_bounds(v1.struct(PageV1.STATISTICS)) if v1 else set()
    return found | (statistics_bounds(v2.struct(PageV2.STATISTICS)) if v2 else set())


def open_dictionary(page: RawPage, codec: Codec) -> tuple[int, memoryview]:
    """Return the number of values and the plain bytes of a dictionary page."""
    header = page.header.struct(Page.DICTIONARY)
    if header is None:
        raise MalformedData("a Parquet page has no header of its type", offset=page.offset)
    size = page.header.needed(Page.UNCOMPRESSED, "size of a page")
    if header.number(PageDictionary.ENCODING) not in (Encoding.PLAIN, Encoding.PLAIN_DICTIONARY):
        raise MalformedData("a Parquet dictionary has an unknown encoding", offset=page.offset)
    count = header.needed(PageDictionary.VALUES, "number of values")
    return count, codec.decompress(page.body, size)


def open_page(page: RawPage, leaf: Node, codec: Codec) -> tuple[DataPage, memoryview]:
    """Return a data page and the bytes of its values; its levels are still those of the page."""
    if page.type == PageType.DATA:
        return _open_v1(page, leaf, codec)
    return _open_v2(page, leaf, codec)


def _open_v1(page: RawPage, leaf: Node, codec: Codec) -> tuple[DataPage, memoryview]:
    header = page.header.struct(Page.V1)
    if header is None:
        raise MalformedData("a Parquet page has no header of its type", offset=page.offset)
    count = header.needed(PageV1.VALUES, "number of values")
    body = codec.decompress(page.body, page.header.needed(Page.UNCOMPRESSED, "size of a page"))
    repetition, at = _levels_v1(
        body, 0, leaf.repetition, header.number(PageV1.REPETITION) or 0, count
    )
    definition, at = _levels_v1(
        body, at, leaf.definition, header.number(PageV1.DEFINITION) or 0, count
    )
    encoding = header.needed(PageV1.ENCODING, "encoding")
    present = definition.count_equal(count, leaf.definition)
    checked = Page.CRC in page.header
    return DataPage(1, count, present, encoding, repetition, definition, checked), body[at:]


def _levels_v1(
    body: memoryview, at: int, highest: int, encoding: int, count: int
) -> tuple[Levels, int]:
    if not highest:
        return Levels(b"", Encoding.RLE, 0), at
    if encoding == Encoding.BIT_PACKED:
        size = (levels.width_of(highest) * count + 7) // 8
    elif encoding == Encoding.RLE:
        size = int.from_bytes(body[at : at + _PREFIX], "little")
        at += _PREFIX
    else:
        raise MalformedData("the levels of a Parquet page have an unknown encoding")
    if at + size > len(body):
        raise MalformedData("a level or index of a Parquet page is cut off")
    return Levels(body[at : at + size], encoding, highest), at + size


def _open_v2(page: RawPage, leaf: Node, codec: Codec) -> tuple[DataPage, memoryview]:
    header = page.header.struct(Page.V2)
    if header is None:
        raise MalformedData("a Parquet page has no header of its type", offset=page.offset)
    count = header.needed(PageV2.VALUES, "number of values")
    split = header.needed(PageV2.REPETITION_BYTES, "size of levels")
    start = split + header.needed(PageV2.DEFINITION_BYTES, "size of levels")
    size = page.header.needed(Page.UNCOMPRESSED, "size of a page") - start
    if start > len(page.body) or size < 0:
        raise MalformedData("a level or index of a Parquet page is cut off", offset=page.offset)
    values = page.body[start:]
    # A page without values may have no compressed bytes at all.
    if header.flag(PageV2.COMPRESSED) is not False and (size or len(values)):
        values = codec.decompress(values, size)
    repetition = Levels(page.body[:split], Encoding.RLE, leaf.repetition)
    definition = Levels(page.body[split:start], Encoding.RLE, leaf.definition)
    encoding = header.needed(PageV2.ENCODING, "encoding")
    present = definition.count_equal(count, leaf.definition)
    checked = Page.CRC in page.header
    return DataPage(2, count, present, encoding, repetition, definition, checked), values
