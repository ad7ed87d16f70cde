"""Which entries of a column stand under the keys that a selector names.

The values of a map and its keys are two columns of the same shape. For each entry of the keys there
is one answer, kept as a bit; the column of the values then takes them in order, piece by piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import MalformedData
from workflow.scrub.parquet import edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.parquet.targets import Key, Target


class Keyed:
    """Tells which entries of a column are meant, piece by piece.

    Args:
        target: What is selected.
        pieces: Decodes the chunk of a leaf; rows that go are gone from it.
    """

    def __init__(self, target: Target, pieces: Callable[[Node], Iterator[Column]]) -> None:
        """Ask nothing yet."""
        self._keys = target.keys
        self._pieces = pieces
        self._answers: list[_Answers] | None = None

    def entries(self, column: Column) -> pa.Array | None:
        """Tell which entries of the next piece are meant; None where all are."""
        if self._answers is None:
            self._answers = [_Answers(key, self._pieces(key.leaf)) for key in self._keys]
        chosen = None
        for answers in self._answers:
            under = answers.spread(column)
            chosen = under if chosen is None else pc.and_(chosen, under)
        return chosen

    def finish(self) -> None:
        """Check that the pieces were as many entries as the keys.

        Raises:
            MalformedData: They were fewer.
        """
        for answers in self._answers or ():
            answers.finish()


class _Answers:
    """For each entry of a map whether its key is the one, and how far they are asked for."""

    def __init__(self, key: Key, pieces: Iterator[Column]) -> None:
        self._key = key
        self._answers = pa.chunked_array((_answer(key, piece) for piece in pieces), pa.bool_())
        self._at = 0

    def spread(self, column: Column) -> pa.Array:
        """Give each entry of the next piece the answer of the map's entry in which it stands."""
        if not column.entries:
            return pa.array([], pa.bool_())
        level = self._key.leaf.repetition
        numbers = edits.ordinals(column, level)
        # An entry of the map that goes on from the piece before has been asked for.
        self._at -= column.first_level > level
        count = numbers[-1].as_py() + 1
        answers = self._answers.slice(max(0, self._at), count).combine_chunks()
        self._at += count
        if len(answers) != count:
            _refuse()
        return answers if count == len(numbers) else answers.take(numbers)

    def finish(self) -> None:
        if self._at != len(self._answers):
            _refuse()


def _answer(key: Key, keys: Column) -> pa.Array:
    wanted = pa.scalar(key.text.encode("utf-8"), pa.binary())
    meets = [_equal(part, wanted) for part in keys.values.chunks]
    # Entries of empty maps have no key: give each entry of the key's column its answer.
    has = pc.equal(edits.definition_levels(keys), key.leaf.definition)
    found = pa.concat_arrays([pa.array([], pa.bool_()), *meets])
    return pc.replace_with_mask(pa.repeat(pa.scalar(value=False), len(has)), has, found)


def _equal(part: pa.Array, wanted: pa.Scalar) -> pa.Array:
    if isinstance(part, pa.DictionaryArray):
        return pc.equal(part.dictionary, wanted).take(part.indices)
    return pc.equal(part, wanted)


def _refuse() -> None:
    raise MalformedData("a Parquet map has other numbers of keys and of values")
