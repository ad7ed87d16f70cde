"""A decoded piece of a column chunk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from workflow.errors import ObjectTooLarge
from workflow.scrub.parquet.fields import Encoding
from workflow.scrub.parquet.memory import TOO_LARGE, join
from workflow.scrub.parquet.values import DICTIONARY_ENCODINGS

if TYPE_CHECKING:
    from workflow.scrub.parquet.pages import DataPage
    from workflow.scrub.parquet.schema import Node


@dataclass(frozen=True, slots=True)
class Column:
    """A decoded piece of a column chunk.

    Attributes:
        leaf: Its leaf in the schema.
        pages: Its data pages, without their values.
        values: The values of all pages, physical, without nulls; dictionary arrays where all pages
            refer to the dictionary of the chunk.
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
    def refers(self) -> bool:
        """Whether one of its pages refers to the dictionary, when it is written."""
        return any(page.encoding in DICTIONARY_ENCODINGS for page in self.pages)

    @property
    def rows(self) -> int:
        """Rows that start in its pages."""
        return sum(page.rows for page in self.pages)

    @property
    def first_level(self) -> int:
        """The repetition level of its first entry; where it is not 0, a row goes on."""
        return next((page.first_level for page in self.pages if page.count), 0)

    def plain(self) -> Column:
        """Return the piece with pages that are to be written without a dictionary."""
        pages = (replace(page, encoding=Encoding.PLAIN) for page in self.pages)
        return replace(self, pages=tuple(pages)) if self.refers else self


def dense(array: pa.ChunkedArray) -> pa.Array:
    """Return one array of plain values; more than 2 GiB of texts in one piece are refused."""
    if pa.types.is_dictionary(array.type):
        try:
            array = array.cast(array.type.value_type)
        except pa.ArrowInvalid:
            raise ObjectTooLarge(TOO_LARGE) from None
    return join(array)
