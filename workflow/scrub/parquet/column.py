"""A column chunk, decoded piece by piece for a change.

A piece is some pages in a row. It ends where a row ends, and holds about ``_PIECE`` bytes of plain
values, so that the memory does not grow with the chunk. Pages that refer to the dictionary stay
together, since the new dictionary must be known before the first of them is written; of their
values there are only indices in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import MalformedData
from workflow.scrub.parquet import pages
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.fields import Encoding, Meta, PageType
from workflow.scrub.parquet.memory import join, let_go
from workflow.scrub.parquet.stretch import read_stretch
from workflow.scrub.parquet.values import DICTIONARY_ENCODINGS, Decoder, Physical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.layout import Item
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node

_PIECE = 4 << 20
_MANY = 1 << 17


@dataclass(frozen=True, slots=True)
class Column:
    """A decoded piece of a column chunk.

    Attributes:
        leaf: Its leaf in the schema.
        pages: Its data pages, without their values.
        values: The values of all pages, physical, without nulls; a dictionary array where all
            pages refer to the dictionary.
        dictionary: All entries of the dictionary, also those that no value refers to.
        bounds: The minima and maxima in the headers of its pages, as they stand there.
    """

    leaf: Node
    pages: tuple[DataPage, ...]
    values: pa.ChunkedArray
    dictionary: pa.Array | None = None
    bounds: frozenset[bytes] = frozenset()

    @property
    def entries(self) -> int:
        """Entries of all pages, missing values among them."""
        return sum(page.count for page in self.pages)

    @property
    def rows(self) -> int:
        """Rows that start in its pages."""
        return sum(page.rows for page in self.pages)


@dataclass(frozen=True, slots=True)
class ChunkReader:
    """Decodes a column chunk, as often as it is asked to.

    Attributes:
        source: The file.
        leaf: The chunk's leaf.
        meta: The chunk's ColumnMetaData.
        place: Where the chunk stands.
    """

    source: BinaryIO
    leaf: Node
    meta: Struct
    place: Item

    def pieces(self, *, whole: bool = False) -> Iterator[Column]:
        """Yield the chunk in pieces, or as one piece.

        Raises:
            MalformedData: The chunk cannot be decoded.
        """
        piece, entries = None, 0
        for data, body, bounds, dictionary in self._data_pages():
            if not entries and data.count and not data.starts_row:
                raise MalformedData("a Parquet chunk starts inside a row")
            if piece is not None and not whole and piece.ends_before(data):
                yield piece.finish()
                piece = None
            piece = piece or _Piece(self.leaf, dictionary)
            piece.add(data, body, bounds)
            # A page or a dictionary may be as large as its chunk: nothing keeps what is done with.
            del body, dictionary
            entries += data.count
        if entries != self.meta.needed(Meta.VALUES, "number of values"):
            raise MalformedData("a Parquet chunk has another number of values than it should")
        yield (piece or _Piece(self.leaf, None)).finish()

    def _data_pages(
        self,
    ) -> Iterator[tuple[DataPage, memoryview, set[bytes], pa.Array | None]]:
        """Yield the data pages, each with its values, its bounds and the dictionary."""
        codec = Codec(self.meta.needed(Meta.CODEC, "codec"))
        left = self.meta.needed(Meta.VALUES, "number of values")
        dictionary, first = None, True
        for page in self._walk():
            pages.check_sum(page)
            if page.type == PageType.DICTIONARY:
                if not first:
                    raise MalformedData("a Parquet dictionary is not the first of its pages")
                found = pages.open_dictionary(page, codec)
                del page
                decoder = Decoder(Physical.of(self.leaf))
                decoder.add_page(found[0], Encoding.PLAIN, found[1])
                del found
                dictionary = join(decoder.finish())
                let_go(dictionary.nbytes)
            elif page.type in (PageType.DATA, PageType.DATA_V2):
                data, body = pages.open_page(page, self.leaf, codec)
                left -= data.count
                bounds = pages.bounds(page)
                del page
                yield data, body, bounds, dictionary
                del body
            first = False
            # What old writers leave behind the last page is no page.
            if left <= 0:
                return

    def _walk(self) -> Iterator[pages.RawPage]:
        place, at = self.place, self.place.start

        def read(size: int) -> bytes:
            # Others read the same file between two pieces.
            nonlocal at
            at += size
            return read_stretch(self.source, at - size, size)

        return pages.walk(read, place.end - place.start, base=place.start)


class _Piece:
    """Pages on their way to be decoded."""

    def __init__(self, leaf: Node, dictionary: pa.Array | None) -> None:
        self.leaf = leaf
        self.dictionary = dictionary
        self.pages: list[DataPage] = []
        self.bounds: set[bytes] = set()
        # Stretches of pages that all refer to the dictionary, or all do not.
        self.stretches: list[tuple[bool, Decoder]] = []

    def ends_before(self, page: DataPage) -> bool:
        """Tell whether a page belongs to the next piece."""
        if not self.stretches or not page.present or not page.starts_row:
            return False
        refers, decoder = self.stretches[-1]
        if refers != (page.encoding in DICTIONARY_ENCODINGS):
            return True
        entries = sum(page.count for page in self.pages)
        return not refers and (decoder.size >= _PIECE or entries >= _MANY)

    def add(self, page: DataPage, body: memoryview, bounds: set[bytes]) -> None:
        """Add a page and its values."""
        self.pages.append(page)
        self.bounds |= bounds
        if not page.present:
            return
        refers = page.encoding in DICTIONARY_ENCODINGS
        if not self.stretches or self.stretches[-1][0] != refers:
            self.stretches.append((refers, self._decoder(refers=refers)))
        self.stretches[-1][1].add_page(page.present, page.encoding, body)

    def finish(self) -> Column:
        """Decode the values."""
        kind = Physical.of(self.leaf).arrow
        parts = [self._decode(refers, decoder) for refers, decoder in self.stretches]
        dictionary, self.stretches, self.dictionary = self.dictionary, [], None
        if len(parts) == 1:
            values = parts[0]
        else:
            values = pa.chunked_array([dense(part) for part in parts], type=kind)
        return Column(self.leaf, tuple(self.pages), values, dictionary, frozenset(self.bounds))

    def _decoder(self, *, refers: bool) -> Decoder:
        physical = Physical.of(self.leaf)
        if not refers:
            return Decoder(physical)
        if self.dictionary is None:
            raise MalformedData("a Parquet page refers to a dictionary that is not there")
        return Decoder(physical, len(self.dictionary))

    def _decode(self, refers: bool, decoder: Decoder) -> pa.ChunkedArray:
        found = decoder.finish()
        if not refers:
            return found
        indices = join(found)
        return pa.chunked_array(
            [pa.DictionaryArray.from_arrays(indices, self.dictionary, safe=False)]
        )


def dense(array: pa.ChunkedArray) -> pa.Array:
    """Return one array of plain values."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return join(array)
