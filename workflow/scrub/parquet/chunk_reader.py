"""A column chunk, decoded piece by piece for a change.

A piece is some pages in a row, or a portion of a long one. It ends where a row ends, and holds a
few MiB at most, so that the memory does not grow with the chunk. What stays for as long as the
chunk is worked on is its dictionary, and a long page as it is encoded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import MalformedData
from workflow.scrub.parquet import pages
from workflow.scrub.parquet.column import Column, dense
from workflow.scrub.parquet.compact import Struct
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.dictionaries import Dictionary
from workflow.scrub.parquet.fields import Encoding, Meta, PageType, Statistics
from workflow.scrub.parquet.memory import let_go
from workflow.scrub.parquet.portions import ENTRIES, PORTION, Portion, cut, is_long, size_of
from workflow.scrub.parquet.stretch import read_stretch
from workflow.scrub.parquet.values import DICTIONARY_ENCODINGS, Decoder, Physical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from workflow.scrub.parquet.layout import Item
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node

_OTHER_NUMBER = "a Parquet chunk has another number of values than it should"
# Two pages of the size that most writers give them, and a little.
_PIECE = PORTION * 5 // 2


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

    def pieces(self) -> Iterator[Column]:
        """Yield the chunk in pieces.

        Raises:
            MalformedData: The chunk cannot be decoded.
        """
        piece, entries = _Piece(self.leaf), 0
        for portion, dictionary in self._portions():
            if not entries and portion.page.count and not portion.page.starts_row:
                raise MalformedData("a Parquet chunk starts inside a row")
            if piece.ends_before(portion):
                yield piece.finish()
                piece = _Piece(self.leaf)
            piece.add(portion, dictionary)
            entries += portion.page.count
        if entries != self.meta.needed(Meta.VALUES, "number of values"):
            raise MalformedData(_OTHER_NUMBER)
        yield piece.finish()

    def _portions(self) -> Iterator[tuple[Portion, Dictionary | None]]:
        """Yield the portions of all data pages, each with the dictionary."""
        codec = Codec(self.meta.needed(Meta.CODEC, "codec"))
        left = self.meta.needed(Meta.VALUES, "number of values")
        dictionary, first = None, True
        for page in self._walk():
            pages.check_sum(page)
            kind, held = page.type, [page]
            # A page or a dictionary may be as large as its chunk: nothing holds what is done with.
            del page
            if kind == PageType.DICTIONARY:
                dictionary = self._dictionary(held, codec, first=first)
            elif kind in (PageType.DATA, PageType.DATA_V2):
                for portion in self._portions_of(held, codec, dictionary, left):
                    left -= portion.page.count
                    yield portion, dictionary
                    del portion
            first = False
            # What old writers leave behind the last page is no page.
            if left <= 0:
                return

    def _dictionary(self, held: list[pages.RawPage], codec: Codec, *, first: bool) -> Dictionary:
        if not first:
            raise MalformedData("a Parquet dictionary is not the first of its pages")
        found = [pages.open_dictionary(held.pop(), codec)]
        return Dictionary.read(Physical.of(self.leaf), found, self._present())

    def _portions_of(
        self, held: list[pages.RawPage], codec: Codec, dictionary: Dictionary | None, left: int
    ) -> Iterable[Portion]:
        raw = held.pop()
        bounds = frozenset(pages.bounds(raw))
        page, body = pages.open_page(raw, self.leaf, codec)
        del raw
        if page.count > left:
            raise MalformedData(_OTHER_NUMBER)
        let_go(max(len(body), dictionary.entries.nbytes if dictionary else 0))
        refers = page.encoding in DICTIONARY_ENCODINGS
        if refers and page.present and dictionary is None:
            raise MalformedData("a Parquet page refers to a dictionary that is not there")
        width = dictionary.width if refers and dictionary else 0
        size = page.present * width or size_of(page, body, Physical.of(self.leaf))
        if not is_long(page, size):
            return (Portion(page, body, refers, bounds, size),)
        decoder = _decoder(self.leaf, dictionary if refers else None)
        decoder.add_page(page.present, page.encoding, body)
        return cut(page, decoder, size, bounds, width)

    def _present(self) -> int:
        """Return how many values the chunk has, as far as its statistics tell."""
        statistics = self.meta.struct(Meta.STATISTICS) or Struct()
        values = self.meta.needed(Meta.VALUES, "number of values")
        return values - (statistics.number(Statistics.NULLS) or 0)

    def _walk(self) -> Iterator[pages.RawPage]:
        place, at = self.place, self.place.start

        def read(size: int) -> bytes:
            # Others read the same file between two pieces.
            nonlocal at
            at += size
            return read_stretch(self.source, at - size, size)

        return pages.walk(read, place.end - place.start, base=place.start)


class _Piece:
    """Portions on their way to be decoded."""

    def __init__(self, leaf: Node) -> None:
        self._leaf = leaf
        self._dictionary: Dictionary | None = None
        self._pages: list[DataPage] = []
        self._bounds: set[bytes] = set()
        self._entries = self._size = 0
        # Stretches of portions that all refer to the dictionary, or all do not.
        self._stretches: list[tuple[bool, Decoder | list[pa.Array]]] = []

    def ends_before(self, portion: Portion) -> bool:
        """Tell whether a portion belongs to the next piece."""
        page = portion.page
        if not self._pages or not page.starts_row:
            return False
        if self._entries >= ENTRIES or self._size + portion.size > _PIECE or portion.decoded:
            return True
        return bool(page.present and self._stretches and self._stretches[-1][0] != portion.refers)

    def add(self, portion: Portion, dictionary: Dictionary | None) -> None:
        """Add a portion."""
        page = portion.page
        if portion.refers and dictionary and not dictionary.worth:
            page = replace(page, encoding=Encoding.PLAIN)
        self._pages.append(page)
        self._dictionary = dictionary
        self._bounds |= portion.bounds
        self._entries += page.count
        self._size += portion.size
        if page.present:
            self._add_values(portion, dictionary if portion.refers else None)

    def _add_values(self, portion: Portion, dictionary: Dictionary | None) -> None:
        last = self._stretches[-1] if self._stretches else None
        if (
            last is None
            or last[0] != portion.refers
            or isinstance(last[1], list) != portion.decoded
        ):
            empty: Decoder | list[pa.Array] = (
                [] if portion.decoded else _decoder(self._leaf, dictionary)
            )
            self._stretches.append((portion.refers, empty))
        stretch = self._stretches[-1][1]
        if isinstance(stretch, list):
            stretch.append(portion.values)
        else:
            page = portion.page
            stretch.add_page(page.present, page.encoding, portion.values)

    def finish(self) -> Column:
        """Decode the values."""
        entries = None if self._dictionary is None else self._dictionary.entries
        parts = [_finish(stretch, entries, refers=refers) for refers, stretch in self._stretches]
        self._stretches = []
        referred: tuple[pa.Array, ...] = ()
        if any(part.type != parts[0].type for part in parts):
            # Only where a row ends in a page that is encoded in another way.
            referred = tuple(_indices(parts))
            parts = [pa.chunked_array([dense(part)]) for part in parts]
        kind = parts[0].type if parts else Physical.of(self._leaf).arrow
        values = pa.chunked_array([chunk for part in parts for chunk in part.chunks], kind)
        bounds = frozenset(self._bounds)
        return Column(self._leaf, tuple(self._pages), values, entries, bounds, referred)


def _indices(parts: list[pa.ChunkedArray]) -> Iterator[pa.Array]:
    for part in parts:
        if pa.types.is_dictionary(part.type):
            yield from (chunk.indices for chunk in part.chunks)


def _decoder(leaf: Node, dictionary: Dictionary | None) -> Decoder:
    return Decoder(Physical.of(leaf), None if dictionary is None else len(dictionary.entries))


def _finish(
    stretch: Decoder | list[pa.Array], entries: pa.Array | None, *, refers: bool
) -> pa.ChunkedArray:
    found = stretch.finish().chunks if isinstance(stretch, Decoder) else stretch
    if refers:
        found = [pa.DictionaryArray.from_arrays(part, entries, safe=False) for part in found]
    return pa.chunked_array(found)
