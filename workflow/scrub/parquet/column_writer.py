"""A changed column chunk, encoded again as it was.

Each page keeps its version, its rows, its encoding and its checksum (a new one, if it had one); a
long page is several from then on. The chunk keeps its codec. What a writer derives from the values
is not written again: no minimum and maximum, no bloom filter, no column index, no extensions, and
the dictionary is built anew from the values that are there, in the order in which they first occur
(an old order may tell of the old values). Only the number of nulls stays, which the definition
levels tell anyway.
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from workflow.scrub.parquet import compact, offset_index, values
from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.compact import Struct
from workflow.scrub.parquet.compression import Bytes, Codec
from workflow.scrub.parquet.dictionaries import NewDictionary
from workflow.scrub.parquet.fields import (
    Encoding,
    Meta,
    Page,
    PageDictionary,
    PageType,
    PageV1,
    PageV2,
    Statistics,
)
from workflow.scrub.parquet.hybrid import encode_indices
from workflow.scrub.parquet.joining import FullPage, Joiner
from workflow.scrub.parquet.memory import let_go
from workflow.scrub.parquet.plain import encode_plain, is_large, plain_size
from workflow.scrub.parquet.portions import PORTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node


@dataclass(slots=True)
class Encoded:
    """An encoded column chunk.

    Attributes:
        meta: Its ColumnMetaData; offsets count from the start of the chunk.
        size: Its bytes, headers among them.
        plain_size: The same before compression.
        locations: (offset in the chunk, size, rows) of each data page.
    """

    meta: Struct
    size: int = 0
    plain_size: int = 0
    locations: list[tuple[int, int, int]] = field(default_factory=list)

    def offset_index(self, start: int) -> bytes:
        """Encode the offset index of the chunk, given its place in the file."""
        return offset_index.encode(start, self.locations)


class ColumnWriter:
    """Encodes a changed column chunk piece by piece, and writes what it can at once.

    Pages that refer to the dictionary have to wait: it comes before them, and is known after them.

    Args:
        leaf: The chunk's leaf.
        old: The ColumnMetaData that it had.
        write: Takes the bytes.
    """

    def __init__(self, leaf: Node, old: Struct, write: Callable[[Iterable[Bytes]], None]) -> None:
        """Start with no page."""
        self._write = write
        self._physical = values.Physical.of(leaf)
        self._old = old
        self._codec = Codec(old.needed(Meta.CODEC, "codec"))
        self._out = Encoded(Struct())
        self._used: Counter[tuple[int, int]] = Counter()
        self._entries = 0
        self._present = 0
        self._first = 0
        self._joiner = Joiner()
        self._referring: list[FullPage] = []

    def add(self, column: Column) -> None:
        """Add a piece: it is written, or kept until the dictionary is known; not held beside."""
        self._entries += column.entries
        self._present += len(column.values)
        whole = self._joiner.add(column)
        del column
        before = self._out.plain_size
        self._put(whole)
        let_go(self._out.plain_size - before)

    def _put(self, pages: list[FullPage]) -> None:
        # A dictionary comes before all data pages, or it does not come.
        until = 0 if self._out.locations else _until(_refers, pages)
        self._referring += pages[:until]
        del pages[:until]
        if pages:
            self._write_referring()
            self._write_pages(pages)

    def finish(self) -> Encoded:
        """Write what was kept, and return the chunk."""
        self._put(self._joiner.finish())
        self._write_referring()
        meta = self._out.meta
        for kept in (Meta.TYPE, Meta.PATH, Meta.CODEC):
            meta[kept] = self._old[kept]
        meta.set_number(Meta.VALUES, self._entries)
        meta.set_number(Meta.COMPRESSED, self._out.size)
        meta.set_number(Meta.UNCOMPRESSED, self._out.plain_size)
        meta.set_number(Meta.DATA_PAGE, self._first)
        if self._first:
            meta.set_number(Meta.DICTIONARY_PAGE, 0)
        statistics = Struct()
        statistics.set_number(Statistics.NULLS, self._entries - self._present)
        meta.set_struct(Meta.STATISTICS, statistics)
        # Levels are RLE, whatever the values are.
        encodings = {encoding for _type, encoding in self._used} | {Encoding.RLE}
        meta.set_sequence(Meta.ENCODINGS, compact.I32, sorted(encodings))
        self._write_counts()
        return self._out

    def _write_referring(self) -> None:
        """Write the dictionary, and the pages that refer to it."""
        found, self._referring = self._referring, []
        pages = [page for page, _own in found]
        if not any(page.present for page in pages):
            # Without any value there is no dictionary to refer to.
            self._write_pages(found)
            return
        parts = [own for _page, own in found]
        del found
        dictionary = NewDictionary(parts)
        self._write_dictionary(pages[0], dictionary)
        for page, indices in zip(pages, dictionary.indices(), strict=True):
            body = encode_indices(indices, max(0, dictionary.count - 1))
            self._write_page(page, b"".join((*page.levels, *body)), page.rows)

    def _write_dictionary(self, first: DataPage, dictionary: NewDictionary) -> None:
        body = encode_plain(self._physical, [dictionary.take()])
        let_go(len(body))
        old = first.encoding == Encoding.PLAIN_DICTIONARY
        encoding = Encoding.PLAIN_DICTIONARY if old else Encoding.PLAIN
        header = Struct()
        header.set_number(PageDictionary.VALUES, dictionary.count, kind=compact.I32)
        header.set_number(PageDictionary.ENCODING, encoding, kind=compact.I32)
        head = (PageType.DICTIONARY, Page.DICTIONARY, header)
        self._add(head, self._codec.compress(body), len(body), checked=first.checked)
        self._first = self._out.size
        self._used[PageType.DICTIONARY, encoding] += 1

    def _write_pages(self, found: list[FullPage]) -> None:
        """Write pages that refer to no dictionary; the list is emptied."""
        if not any(map(_in_parts, found)):
            self._write_small(found)
            return
        found.reverse()
        while found:
            if _in_parts(found[-1]):
                self._write_large(found)
            else:
                self._write_small([found.pop()])

    def _write_small(self, found: list[FullPage]) -> None:
        pages = [
            replace(page, encoding=Encoding.PLAIN) if _turns_plain(page) else page
            for page, _own in found
        ]
        arrays = [dense(own) for _page, own in found]
        found.clear()
        bodies: dict[int, bytes] = {}
        for encoding in {page.encoding for page in pages}:
            chosen = [at for at, page in enumerate(pages) if page.encoding == encoding]
            encoded = values.encode_pages(self._physical, [arrays[at] for at in chosen], encoding)
            bodies.update(zip(chosen, encoded, strict=True))
        del arrays
        for at, page in enumerate(pages):
            self._write_page(page, b"".join((*page.levels, bodies.pop(at))), page.rows)

    def _write_large(self, found: list[FullPage]) -> None:
        """Write the last of the pages, which may be as large as its chunk, and take it out."""
        page, own = found.pop()
        held, levels, rows = [own], [*page.levels], page.rows
        del own
        # Only plain values are encoded part by part. The levels stand in the body, too.
        page = replace(page.bare(), encoding=Encoding.PLAIN)
        body = encode_plain(self._physical, held, levels)
        let_go(len(body))
        self._write_page(page, body, rows)

    def _write_page(self, page: DataPage, body: Bytes, rows: int) -> None:
        start = self._out.size
        write = self._write_v1 if page.version == 1 else self._write_v2
        write(page, body)
        self._out.locations.append((start, self._out.size - start, rows))

    def _write_v1(self, page: DataPage, body: Bytes) -> None:
        header = Struct()
        for number, value in (
            (PageV1.VALUES, page.count),
            (PageV1.ENCODING, page.encoding),
            (PageV1.DEFINITION, page.definition.encoding),
            (PageV1.REPETITION, page.repetition.encoding),
        ):
            header.set_number(number, value, kind=compact.I32)
        packed = self._codec.compress(body)
        self._add((PageType.DATA, Page.V1, header), packed, len(body), checked=page.checked)
        self._used[PageType.DATA, page.encoding] += 1

    def _write_v2(self, page: DataPage, body: Bytes) -> None:
        stored = (page.repetition.data, page.definition.data)
        packed = self._codec.compress(body) if body else ()
        header = Struct()
        for number, value in (
            (PageV2.VALUES, page.count),
            (PageV2.NULLS, page.count - page.present),
            (PageV2.ROWS, page.rows),
            (PageV2.ENCODING, page.encoding),
            (PageV2.DEFINITION_BYTES, len(page.definition.data)),
            (PageV2.REPETITION_BYTES, len(page.repetition.data)),
        ):
            header.set_number(number, value, kind=compact.I32)
        header[PageV2.COMPRESSED] = (compact.TRUE, bool(body) and self._codec.number != 0)
        size = sum(map(len, stored)) + len(body)
        head = (PageType.DATA_V2, Page.V2, header)
        self._add(head, (*stored, *packed), size, checked=page.checked)
        self._used[PageType.DATA_V2, page.encoding] += 1

    def _add(
        self,
        header: tuple[int, int, Struct],
        packed: tuple[Bytes, ...],
        size: int,
        *,
        checked: bool,
    ) -> None:
        crc = reduce(lambda crc, part: zlib.crc32(part, crc), packed, 0) if checked else None
        length = sum(map(len, packed))
        head = values.page_header(*header, (size, length), crc)
        self._write((head, *packed))
        self._out.size += len(head) + length
        self._out.plain_size += len(head) + size

    def _write_counts(self) -> None:
        counts = []
        for (kind, encoding), pages in sorted(self._used.items()):
            count = Struct()
            count.set_number(1, kind, kind=compact.I32)
            count.set_number(2, encoding, kind=compact.I32)
            count.set_number(3, pages, kind=compact.I32)
            counts.append(count)
        self._out.meta.set_sequence(Meta.ENCODING_STATS, compact.STRUCT, counts)


def _refers(found: FullPage) -> bool:
    return found.page.encoding in values.DICTIONARY_ENCODINGS


def _in_parts(found: FullPage) -> bool:
    """Tell whether the values of a page are to be encoded part by part, which makes them plain."""
    if found.page.encoding == Encoding.PLAIN:
        return plain_size(found.values) > PORTION
    return is_large(found.values)


def _turns_plain(page: DataPage) -> bool:
    """Tell whether a page that refers to no dictionary cannot keep its encoding.

    Without any value there is no delta to start from.
    """
    return page.encoding in values.DICTIONARY_ENCODINGS or not page.present


def _until(meets: Callable[[FullPage], bool], pages: Sequence[FullPage]) -> int:
    """Return how many pages at the start meet a condition."""
    return next((at for at, page in enumerate(pages) if not meets(page)), len(pages))
