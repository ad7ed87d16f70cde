"""A column chunk, decoded piece by piece for a change.

A piece is some pages in a row, or a portion of a long one. It holds a few MiB at most, so that the
memory does not grow with the chunk; a long row goes on in the next piece. What stays for as long as
the chunk is worked on is its dictionary, and a long page as it is encoded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import MalformedData
from workflow.scrub.parquet import pages
from workflow.scrub.parquet.column import Column
from workflow.scrub.parquet.compact import Struct
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.dictionaries import MANY, Dictionary, refer
from workflow.scrub.parquet.fields import Encoding, Meta, PageType, Statistics
from workflow.scrub.parquet.indices import IndexDecoder
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
# Of pages of a few rows, what is known of each takes more memory than its values.
_PAGES = 1 << 10


@dataclass(frozen=True, slots=True)
class ChunkReader:
    """Decodes a column chunk, as often as it is asked to.

    Attributes:
        source: The file.
        leaf: The chunk's leaf.
        meta: The chunk's ColumnMetaData.
        place: Where the chunk stands.
        keyed: Whether a rule changes some of the values that refer to an entry, and leaves others.
    """

    source: BinaryIO
    leaf: Node
    meta: Struct
    place: Item
    keyed: bool = False

    def pieces(self) -> Iterator[Column]:
        """Yield the chunk in pieces.

        Raises:
            MalformedData: The chunk cannot be decoded.
        """
        piece, entries = _Piece(self.leaf), 0
        for portion, dictionary in self._portions():
            if not entries and portion.page.first_level:
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
        return Dictionary.read(Physical.of(self.leaf), found, self._present(), keyed=self.keyed)

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
        referred = dictionary if refers else None
        physical = Physical.of(self.leaf)
        size = page.present * referred.width if referred else size_of(page, body, physical)
        if not is_long(page, size):
            return (Portion(page.own(), body, refers, bounds, size),)
        decoder = _decoder(self.leaf, referred)
        decoder.add_page(page.present, page.encoding, body)
        # Levels that are most of a page stay in it; others let it go.
        page = page if page.levels_size > len(body) else page.own()
        return cut(page, decoder, size, bounds, referred)

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
        # Once there is a value: whether it refers to the dictionary, and what has the values.
        self._refers = False
        self._values: Decoder | IndexDecoder | list[pa.Array] | None = None

    def ends_before(self, portion: Portion) -> bool:
        """Tell whether a portion belongs to the next piece."""
        if not self._pages:
            return False
        full = self._entries >= ENTRIES or self._size + portion.size > _PIECE
        if full or portion.decoded or len(self._pages) >= _PAGES:
            return True
        if self._values is None or not portion.page.present:
            return False
        return self._refers != portion.refers or isinstance(self._values, list)

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
        if portion.page.present:
            self._add_values(portion, dictionary)

    def _add_values(self, portion: Portion, dictionary: Dictionary | None) -> None:
        self._refers, page, values = portion.refers, portion.page, portion.values
        if not isinstance(values, memoryview):
            self._values = values.chunks
            return
        if self._values is None:
            self._values = _decoder(self._leaf, dictionary if portion.refers else None)
        assert not isinstance(self._values, list)
        self._values.add_page(page.present, page.encoding, values)

    def finish(self) -> Column:
        """Decode the values."""
        entries = None if self._dictionary is None else self._dictionary.entries
        if self._refers:
            values = refer(self._decode(), entries)
        else:
            values = pa.chunked_array(self._decode(), Physical.of(self._leaf).arrow)
        return Column(self._leaf, tuple(self._pages), values, entries, frozenset(self._bounds))

    def _decode(self) -> list[pa.Array]:
        held, self._values = self._values, None
        if held is None or isinstance(held, list):
            return held or []
        parts: list[pa.Array] = held.finish().chunks
        return parts


def _decoder(leaf: Node, dictionary: Dictionary | None) -> Decoder | IndexDecoder:
    if dictionary is None:
        return Decoder(Physical.of(leaf))
    entries = len(dictionary.entries)
    return IndexDecoder(entries) if entries > MANY else Decoder(Physical.of(leaf), entries)
