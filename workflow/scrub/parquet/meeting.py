"""A row test on the values of a column: asked once for each distinct value."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.answers import mostly_distinct
from workflow.scrub.parquet.dictionaries import Remembered
from workflow.scrub.parquet.kinds import Kind, Text
from workflow.scrub.parquet.mapping import is_long_text, pieces, python, slices
from workflow.scrub.parquet.meanings import kind_of
from workflow.scrub.parquet.memory import data_of

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
        # Nothing that refers to this: what is made of a dictionary shall go with it.
        self._ask = partial(_ask, test, kind_of(leaf))
        self._entries = Remembered(self._ask)

    def of(self, values: pa.ChunkedArray) -> pa.Array:
        """Tell which of the next values (none of them null) meet the test."""
        if pa.types.is_dictionary(values.type):
            out = [self._entries.of(part.dictionary).take(part.indices) for part in values.chunks]
        elif mostly_distinct(values):
            out = [self._ask(part) for part in values.chunks]
        else:
            encoded = (part.dictionary_encode() for part in slices(values))
            out = [self._ask(part.dictionary).take(part.indices) for part in encoded]
        return pa.chunked_array(out, type=pa.bool_()).combine_chunks()


def _ask(test: RowTest, kind: Kind, entries: pa.Array) -> pa.Array:
    met = _equal_texts(test, kind, entries)
    if met is not None:
        return met
    if test.on_null(null=False):
        return pa.repeat(pa.scalar(value=True), len(entries))
    found = (pa.array(_ask_each(test, kind, piece), pa.bool_()) for piece in pieces(entries))
    return pa.concat_arrays([pa.array([], pa.bool_()), *found])


def _ask_each(test: RowTest, kind: Kind, piece: pa.Array) -> list[bool]:
    if isinstance(kind, Text) and is_long_text(piece):
        return [test.on_utf8(data_of(piece))]
    return [_meets(test, kind.spell(value)) for value in python(piece)]


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
