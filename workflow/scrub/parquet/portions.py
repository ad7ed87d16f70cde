"""Pages in portions: a usual page is one, a long page is cut.

DuckDB and fastparquet write a column chunk as a single page, and a page may be small and yet decode
to gigabytes. Cut into portions of about 1 MiB, each a page of its own from then on, such a page
is changed and written again in little memory. A portion starts where a row starts, as a page must
where there is an offset index; a single row that is longer stays in one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import MalformedData
from workflow.scrub.parquet.fields import Encoding, Type
from workflow.scrub.parquet.hybrid import encode_levels, small_numbers
from workflow.scrub.parquet.memory import join, let_go, step_of
from workflow.scrub.parquet.values import BATCH, DICTIONARY_ENCODINGS, Physical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.pages import DataPage, Levels
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
    values: memoryview | pa.Array
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
    page: DataPage, decoder: Decoder, size: int, bounds: frozenset[bytes], width: int = 0
) -> Iterator[Portion]:
    """Yield the portions of a page.

    Args:
        page: The page.
        decoder: Has its values.
        size: Their bytes, about.
        bounds: The bounds in its header.
        width: Bytes of the value that an index refers to, about; 0 for a page that does not refer.

    Raises:
        MalformedData: The page cannot be decoded.
    """
    step = _FEW if _hides_size(page) else step_of(page.count, size, BATCH)
    values = _Feed(decoder.batches(step), decoder.physical.arrow)
    repeats, defines = _numbers(page.repetition, page), _numbers(page.definition, page)
    start = at = 0
    while at < page.count:
        at = _row_end(page, repeats, at + step)
        present = defines.count(page.definition.highest, start, at) if defines else at - start
        size = present * width or values.size(present)
        # A step is about a portion, where the size is known, or little of one.
        if size < PORTION // 2 and at - start < ENTRIES and at < page.count:
            continue
        part = page
        if at - start < page.count:
            part = replace(
                page,
                count=at - start,
                present=present,
                repetition=_levels(page.repetition, repeats[start:at]),
                definition=_levels(page.definition, defines[start:at]),
            )
        let_go(decoder.size)
        yield Portion(part, values.take(present), bool(width), bounds, size)
        start, bounds = at, frozenset()


def _numbers(found: Levels, page: DataPage) -> bytes:
    """Return levels, one byte each; none where all are 0."""
    return found.numbers(page.count) if found.highest else b""


def _levels(old: Levels, numbers: bytes) -> Levels:
    return encode_levels(small_numbers(numbers), old.highest)


def _row_end(page: DataPage, repeats: bytes, at: int) -> int:
    """Return the place of the first row start from a place on."""
    if page.repetition.highest and at < page.count:
        at = repeats.find(0, at)
    return page.count if at < 0 else min(at, page.count)


class _Feed:
    """Values that are decoded as they are needed."""

    def __init__(self, batches: Iterator[pa.Array], kind: pa.DataType) -> None:
        self._batches = batches
        self._empty = pa.array([], kind)
        self._held: list[pa.Array] = []
        self._count = 0

    def size(self, count: int) -> int:
        """Return the bytes of the next values, about."""
        while self._count < count:
            part = next(self._batches, None)
            if part is None:
                raise MalformedData("a page of a selected Parquet column has too few values")
            self._held.append(part)
            self._count += len(part)
        held = sum(int(part.nbytes) for part in self._held)
        return held * count // max(1, self._count)

    def take(self, count: int) -> pa.Array:
        """Return the next values."""
        self.size(count)
        found = join(pa.chunked_array(self._held, self._empty.type))
        # Not even an empty slice holds what was taken.
        self._held = [found[count:]] if self._count > count else []
        self._count -= count
        return found[:count]
