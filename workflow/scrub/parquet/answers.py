"""What an action answered for values that stand for themselves, kept for the next pieces.

A column of few distinct numbers need not have a dictionary, and asking an action means Python. But
looking for values among known ones is in vain where all are distinct, so that is found out first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.memory import LARGE, join

if TYPE_CHECKING:
    from collections.abc import Callable

# So many bytes of old values, and of new ones, are kept.
_MOST = 1 << 18
# So many values, from so many places, stand for all.
_SAMPLE, _PLACES = 1 << 14, 4


class Answers:
    """Remembers what became of the values of a column.

    Args:
        ask: Returns for values what they become, and which of them changed.
    """

    def __init__(self, ask: Callable[[pa.Array], tuple[pa.Array, pa.Array]]) -> None:
        """Know nothing yet."""
        self._ask = ask
        self._known: tuple[pa.Array, pa.Array, pa.Array] | None = None
        self._vain = False

    def note(self, *found: pa.ChunkedArray) -> None:
        """Keep the first values, what they became, and which of them changed."""
        if self._known is None and not self._vain and _is_small(*found):
            self._known = tuple(map(join, found))

    def help_with(self, values: pa.ChunkedArray) -> bool:
        """Tell by some of the next values whether most are known; if not, forget."""
        if self._known is None:
            return False
        some = sample(values)
        self._vain = 2 * _find(some, self._known[0]).null_count > len(some)
        if self._vain:
            self._known = None
        return not self._vain

    def of(self, distinct: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Return what distinct values become, and which of them changed."""
        if self._known is None:
            new, changed = self._ask(distinct)
            if _is_small(distinct, new):
                self._known = (distinct, new, changed)
            return new, changed
        places = _find(distinct, self._known[0])
        missing = places.is_null()
        asked = distinct.filter(missing)
        if not len(asked):
            return self._known[1].take(places), self._known[2].take(places)
        numbers = pc.cumulative_sum(missing.cast(pa.int32()))
        places = pc.coalesce(places, pc.add(numbers, len(self._known[0]) - 1))
        known = zip(self._known, (asked, *self._ask(asked)), strict=True)
        old, new, changed = (pa.concat_arrays(pair) for pair in known)
        if _is_small(old, new):
            self._known = (old, new, changed)
        return new.take(places), changed.take(places)


def sample(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return some of the values, from places all over: the first may be unlike the others."""
    if len(values) <= _SAMPLE:
        return values
    size, last = _SAMPLE // _PLACES, _PLACES - 1
    starts = ((len(values) - size) * place // last for place in range(_PLACES))
    chunks = [chunk for start in starts for chunk in values.slice(start, size).chunks]
    return pa.chunked_array(chunks, values.type)


def mostly_distinct(values: pa.ChunkedArray) -> bool:
    """Tell by some of the values whether looking for equal ones would be in vain."""
    some = sample(values)
    return some.nbytes > LARGE or 2 * len(some.unique()) > len(some)


def _is_small(*found: pa.Array | pa.ChunkedArray) -> bool:
    return all(part.nbytes <= _MOST for part in found)


def _find(values: pa.Array | pa.ChunkedArray, known: pa.Array) -> pa.Array | pa.ChunkedArray:
    """Return where each value stands among the known ones; null for one that does not."""
    if pa.types.is_floating(known.type):
        # By their bits: 0.0 equals -0.0, and NaN any other.
        bits = pa.int32() if known.type == pa.float32() else pa.int64()
        values, known = _view(values, bits), known.view(bits)
    return pc.index_in(values, value_set=known)


def _view(values: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.ChunkedArray):
        return pa.chunked_array([part.view(kind) for part in values.chunks], kind)
    return values.view(kind)
