"""Pages in portions: a usual page is one, a long page is cut.

DuckDB and fastparquet write a column chunk as a single page, and a page may be small and yet decode
to gigabytes. Cut into portions of about 1 MiB, each a page of its own from then on, such a page
is changed and written again in little memory. A page must start where a row starts, if there is an
offset index; portions of a single row that is longer are one page again when they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import MalformedData
from workflow.scrub.parquet.fields import Encoding, Type
from workflow.scrub.parquet.hybrid import LevelFeed, encode_levels
from workflow.scrub.parquet.memory import join, let_go, step_of
from workflow.scrub.parquet.values import BATCH, DICTIONARY_ENCODINGS, Physical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.dictionaries import Dictionary
    from workflow.scrub.parquet.indices import IndexDecoder
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.values import Decoder

# Bytes of values, decoded, and entries that are worked on at once.
PORTION = 1 << 20
ENTRIES = 1 << 17
_LONG = 4 * ENTRIES
# How many values are decoded at once where their bytes do not tell their size.
_FEW = 1 << 10


@dataclass(frozen=True, slots=True)
class Portion:
    """A page, or a part of one, with its values.

    Attributes:
        page: The page.
        values: Its values, as they are encoded or decoded; indices, if it refers.
        refers: Whether its values refer to the dictionary.
        bounds: The minima and maxima in the header of the page, with the first of its parts.
        size: Bytes of its values, decoded, about.
    """

    page: DataPage
    values: memoryview | pa.ChunkedArray
    refers: bool
    bounds: frozenset[bytes]
    size: int

    @property
    def decoded(self) -> bool:
        """Whether its values are decoded: those of a page that was looked at part by part."""
        return not isinstance(self.values, memoryview)


def size_of(page: DataPage, body: memoryview, physical: Physical) -> int:
    """Return the bytes of a page's values, decoded, about; 4 for each that refers."""
    if page.encoding in DICTIONARY_ENCODINGS:
        return 4 * page.present
    if physical.type == Type.BYTE_ARRAY:
        return len(body)
    return max(len(body), int(page.present * physical.arrow.bit_width) // 8)


def is_long(page: DataPage, size: int) -> bool:
    """Tell whether a page is to be cut, or looked at part by part to find out."""
    return _hides_size(page) or size > 4 * PORTION or page.count > _LONG


def _hides_size(page: DataPage) -> bool:
    # Each value says only where it differs from the one before.
    return page.encoding == Encoding.DELTA_BYTE_ARRAY


def cut(
    page: DataPage,
    decoder: Decoder | IndexDecoder,
    size: int,
    bounds: frozenset[bytes],
    dictionary: Dictionary | None = None,
) -> Iterator[Portion]:
    """Yield the portions of a page.

    Args:
        page: The page.
        decoder: Has its values.
        size: Their bytes, about.
        bounds: The bounds in its header.
        dictionary: What the values refer to, if they do.

    Raises:
        MalformedData: The page cannot be decoded.
    """
    step = _FEW if _hides_size(page) else step_of(page.count, size, BATCH)
    stored = decoder.size + page.levels_size + (dictionary.entries.nbytes if dictionary else 0)
    rest = _Rest(page, decoder.batches(step), decoder.kind, dictionary)
    # The page, which may be as large as its chunk, goes with its last portion.
    del page, decoder
    while rest.count:
        count, size = rest.next_portion(step)
        held = [rest.take(count, size, bounds)]
        let_go(stored)
        yield held.pop()
        bounds = frozenset()


class _Rest:
    """What is left of a page that is being cut."""

    def __init__(
        self,
        page: DataPage,
        batches: Iterator[pa.Array],
        kind: pa.DataType,
        dictionary: Dictionary | None,
    ) -> None:
        self.count = page.count
        self._page = page
        self._dictionary = dictionary
        self._values = _Feed(batches, kind)
        self._repeats = LevelFeed([(page.repetition, page.count)])
        self._defines = LevelFeed([(page.definition, page.count)])

    def next_portion(self, step: int) -> tuple[int, int]:
        """Return how many entries the next portion has, and the bytes of their values, about.

        Args:
            step: How many entries are looked at at once.
        """
        count = self._end(step, step)
        size = self._size(count)
        # A step is about a portion, where the size is known, or little of one.
        while size < PORTION // 2 and count < min(ENTRIES, self.count):
            count = self._end(count + step, step)
            size = self._size(count)
        # A few huge values may stand among many short ones.
        while size > 2 * PORTION and step > 1:
            step //= 2
            count = min(count, self._end(step, step))
            size = self._size(count)
        return count, size

    def take(self, count: int, size: int, bounds: frozenset[bytes]) -> Portion:
        """Return the next entries, whose values have so many bytes, as a page of their own."""
        present = self._present(count)
        part = self._part(count, present) if count < self._page.count else self._page.own()
        self.count -= count
        values = self._values.take(present)
        if not self.count:
            self._page = part
            self._repeats.close()
            self._defines.close()
        return Portion(part, values, self._dictionary is not None, bounds, size)

    def _part(self, count: int, present: int) -> DataPage:
        page = self._page
        return replace(
            page,
            count=count,
            present=present,
            repetition=encode_levels(self._repeats.take(count), page.repetition.highest),
            definition=encode_levels(self._defines.take(count), page.definition.highest),
            goes_on=not self._repeats.starts_row,
        )

    def _end(self, at: int, step: int) -> int:
        """Return where to cut: where a row starts within a step from a place on, or there."""
        return self._repeats.find_start(at, at + step)

    def _present(self, count: int) -> int:
        return self._defines.count_highest(count)

    def _size(self, count: int) -> int:
        """Return the bytes of the values of the next entries, about."""
        found = self._values.peek(self._present(count))
        return self._dictionary.size_of(found) if self._dictionary else int(found.nbytes)


class _Feed:
    """Values that are decoded as they are needed."""

    def __init__(self, batches: Iterator[pa.Array], kind: pa.DataType) -> None:
        self._batches = batches
        self._kind = kind
        self._held: list[pa.Array] = []
        self._count = 0

    def peek(self, count: int) -> pa.ChunkedArray:
        """Return the next values, which stay the next."""
        while self._count < count:
            part = next(self._batches, None)
            if part is None:
                raise MalformedData("a page of a selected Parquet column has too few values")
            self._held.append(part)
            self._count += len(part)
        return pa.chunked_array(self._held, self._kind).slice(0, count)

    def take(self, count: int) -> pa.ChunkedArray:
        """Return the next values."""
        found = self.peek(count)
        rest = pa.chunked_array(self._held, self._kind).slice(count)
        # Not even an empty slice holds what was taken.
        self._held = [part for part in rest.chunks if len(part)]
        self._count -= count
        return found if found.nbytes > 2 * PORTION else pa.chunked_array([join(found)])
