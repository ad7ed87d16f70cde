"""A row test on the values of a column: asked once for each distinct value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.dictionaries import Remembered
from workflow.scrub.parquet.kinds import Kind, Text
from workflow.scrub.parquet.mapping import pieces, python
from workflow.scrub.parquet.meanings import kind_of

if TYPE_CHECKING:
    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.row_test import RowTest


class Meeting:
    """Tells which values of a leaf meet a row test, piece by piece.

    Args:
        test: The test.
        leaf: The leaf.
    """

    def __init__(self, test: RowTest, leaf: Node) -> None:
        """Start with no dictionary."""
        self._test = test
        self._kind = kind_of(leaf)
        self._entries = Remembered(self._ask)

    def of(self, values: pa.ChunkedArray) -> pa.Array:
        """Tell which of the next values (none of them null) meet the test."""
        out = [self._of_part(part) for part in values.chunks]
        return pa.chunked_array(out, type=pa.bool_()).combine_chunks()

    def _of_part(self, part: pa.Array) -> pa.Array:
        if not isinstance(part, pa.DictionaryArray):
            encoded = part.dictionary_encode()
            return self._ask(encoded.dictionary).take(encoded.indices)
        return self._entries.of(part.dictionary).take(part.indices)

    def _ask(self, entries: pa.Array) -> pa.Array:
        met = _equal_texts(self._test, self._kind, entries)
        if met is not None:
            return met
        null = self._test.on_null(null=False)
        found = [
            null or _meets(self._test, self._kind.spell(value))
            for piece in pieces(entries)
            for value in python(piece)
        ]
        return pa.array(found, pa.bool_())


def _equal_texts(test: RowTest, kind: Kind, entries: pa.Array) -> pa.Array | None:
    """Compare texts with the wanted ones in Arrow; None where that is not the question."""
    rule = test.rule
    wanted = rule.among or ((rule.equals,) if rule.equals is not None else ())
    if not wanted or not isinstance(kind, Text):
        return None
    texts = [value.encode("utf-8", "replace") for value in wanted if isinstance(value, str)]
    return pc.is_in(entries, value_set=pa.array(texts, entries.type))


def _meets(test: RowTest, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return test.on_boolean(value)
    if isinstance(value, str):
        return test.on_text(value)
    return test.on_number(format(value, "f"))
