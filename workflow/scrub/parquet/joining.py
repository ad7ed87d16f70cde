"""Pages that are one page when they are written: the parts of a long row, and tiny ones.

A page must start where a row starts if there is an offset index, so a row that was worked on in
parts becomes one page again. And a page of a few rows takes more memory and time than its values:
where there are hundreds of them for the values of one usual page, they are written as fewer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from workflow.scrub.parquet.column import dense
from workflow.scrub.parquet.hybrid import LevelWriter
from workflow.scrub.parquet.plain import plain_size
from workflow.scrub.parquet.values import DICTIONARY_ENCODINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.pages import DataPage

# So many pages in a piece are tiny ones; they are joined until they have so many entries.
_MANY = 1 << 9
_ENTRIES = 1 << 12


class FullPage(NamedTuple):
    """A page and its values.

    Attributes:
        page: The page.
        values: Its values, without nulls.
    """

    page: DataPage
    values: pa.ChunkedArray


class Joiner:
    """Joins the pages of the pieces of a chunk."""

    def __init__(self) -> None:
        """Start with no page."""
        self._open: _Joined | None = None
        self._values: list[pa.ChunkedArray] = []

    def add(self, column: Column) -> list[FullPage]:
        """Return the pages that are whole with the next piece."""
        whole, start = [], 0
        for page in _fewer(column.pages):
            if not page.first_level:
                # The rest of a row may have gone with the row.
                whole += self.finish()
            values = column.values.slice(start, page.present)
            start += page.present
            if self._open is None and not page.goes_on:
                whole.append(FullPage(page, values))
                continue
            self._put(page, values)
            if not page.goes_on:
                whole += self.finish()
        return whole

    def finish(self) -> list[FullPage]:
        """Return the last page, if there is one that was not told of."""
        found, parts = self._open, self._values
        self._open, self._values = None, []
        if found is None:
            return []
        page = found.page()
        return [FullPage(page, _join_values(page, parts))]

    def _put(self, page: DataPage, values: pa.ChunkedArray) -> None:
        self._open = self._open or _Joined(page)
        self._open.add(page)
        self._values.append(_smaller(page, values) if page.goes_on else values)


def _fewer(pages: Sequence[DataPage]) -> Iterator[DataPage]:
    """Join tiny pages of a piece that are alike."""
    tiny = len(pages) > _MANY
    held: list[DataPage] = []
    entries = 0
    for page in pages:
        if held and not (tiny and entries < _ENTRIES and _kind(page) == _kind(held[0])):
            yield _join(held)
            held, entries = [], 0
        held.append(page)
        entries += page.count
    if held:
        yield _join(held)


def _kind(page: DataPage) -> tuple[int, int, bool]:
    return page.version, page.encoding, page.checked


def _join(pages: list[DataPage]) -> DataPage:
    if len(pages) == 1:
        return pages[0]
    joined = _Joined(pages[0])
    for page in pages:
        joined.add(page)
    return joined.page()


class _Joined:
    """Pages that become one, without their values; what the first is, all are."""

    def __init__(self, first: DataPage) -> None:
        self._page = replace(first, count=0, present=0)
        self._repetition = LevelWriter(first.repetition.highest)
        self._definition = LevelWriter(first.definition.highest)

    def add(self, page: DataPage) -> None:
        self._repetition.add(page.repetition, page.count)
        self._definition.add(page.definition, page.count)
        self._page = replace(
            self._page,
            count=self._page.count + page.count,
            present=self._page.present + page.present,
            goes_on=page.goes_on,
        )

    def page(self) -> DataPage:
        repetition, definition = self._repetition.finish(), self._definition.finish()
        return replace(self._page, repetition=repetition, definition=definition)


def _smaller(page: DataPage, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as they take less memory until their page is whole."""
    if page.encoding in DICTIONARY_ENCODINGS or not pa.types.is_dictionary(values.type):
        return values
    indices = 4 * len(values)
    return pa.chunked_array([dense(values)]) if plain_size(values) <= indices else values


def _join_values(page: DataPage, parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    if len({part.type for part in parts}) > 1:
        # Few values of a dictionary may be any number of bytes where each stands for itself.
        refers = page.encoding in DICTIONARY_ENCODINGS
        parts = [_referring(part) if refers else pa.chunked_array([dense(part)]) for part in parts]
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)


def _referring(part: pa.ChunkedArray) -> pa.ChunkedArray:
    return part if pa.types.is_dictionary(part.type) else part.dictionary_encode()
