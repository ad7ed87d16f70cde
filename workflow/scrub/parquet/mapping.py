"""An action over the values of a column: asked once for each distinct value.

Distinct values go through Python, all else stays in Arrow. Where every value becomes the same (the
action's constant), not even the distinct values are looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import ObjectTooLarge
from workflow.scrub.actions.base import Action
from workflow.scrub.parquet.answers import Answers, mostly_distinct
from workflow.scrub.parquet.dictionaries import Remembered
from workflow.scrub.parquet.kinds import DAY_SECONDS, Boolean, Day, Kind, Text
from workflow.scrub.parquet.meanings import kind_of
from workflow.scrub.parquet.memory import (
    LARGE,
    MOST,
    TOO_LARGE,
    data_of,
    gather,
    in_steps,
    settle,
    step_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workflow.scrub.parquet.schema import Node

# As many values at a time are Python's: few beside a column.
_PIECE = 1 << 14
# A multiple of 8, for booleans.
_SLICE = 1 << 16


@dataclass(frozen=True, slots=True)
class Mapped:
    """Values after an action.

    Attributes:
        values: The new values; null where a value becomes null.
        changed: Which values differ from the old ones, those that became null among them.
    """

    values: pa.ChunkedArray
    changed: pa.ChunkedArray


class Mapping:
    """An action on the values of a leaf, piece by piece.

    Args:
        action: The action.
        leaf: The leaf.
    """

    def __init__(self, action: Action, leaf: Node) -> None:
        """Start with no dictionary."""
        self._action = action
        self._kind = kind_of(leaf)
        self._nulls = action.nulls or _fits_nothing(action, self._kind)
        self._entries = Remembered(partial(_Entries.map, action, self._kind))
        self._answers = Answers(partial(_map_entries, action, self._kind))

    def apply(self, values: pa.ChunkedArray) -> Mapped:
        """Apply the action to the next physical values, none of which is null."""
        if self._nulls:
            return _collect(values.type, map(_all_null, values.chunks))
        if pa.types.is_dictionary(values.type):
            parts = (self._entries.of(p.dictionary).of(p.indices) for p in values.chunks)
            return _collect(values.type, parts)
        return self._apply_plain(values)

    def _apply_plain(self, values: pa.ChunkedArray) -> Mapped:
        action, kind, plain = self._action, self._kind, values.type
        # Where a writer gave up its dictionary, it does not come back to it.
        self._entries.forget()
        constant = _constant(action, kind, plain, values.chunks)
        if constant is not None:
            return _collect(plain, (_all_equal(constant, part) for part in values.chunks))
        if isinstance(kind, Boolean):
            return _collect(plain, (_map_booleans(action, kind, part) for part in values.chunks))
        if isinstance(kind, Day) and kind.ticks > 0:
            return _collect(plain, (_map_moments(action, kind, part) for part in slices(values)))
        if not self._answers.help_with(values) and mostly_distinct(values):
            mapped = (_map_plain(action, kind, part) for part in values.chunks)
            found = _collect(plain, _settled(chain.from_iterable(mapped), values.nbytes))
            self._answers.note(values, found.values, found.changed)
            return found
        # Slice by slice: a table of hashes takes several times the memory of what is in it.
        parts = (
            _Entries(*self._answers.of(encoded.dictionary)).of(encoded.indices)
            for encoded in (part.dictionary_encode() for part in slices(values))
        )
        return _collect(pa.dictionary(pa.int32(), plain), parts)


@dataclass(frozen=True, slots=True)
class _Entries:
    """A dictionary after an action.

    Attributes:
        new: The new entries, of which some may be equal or null; one, if all are the same.
        changed: Which entries differ.
    """

    new: pa.Array
    changed: pa.Array

    @classmethod
    def map(cls, action: Action, kind: Kind, old: pa.Array) -> _Entries:
        constant = _constant(action, kind, old.type, [old])
        if constant is not None:
            return cls(pa.repeat(constant, 1), pc.not_equal(old, constant))
        return cls(*_map_entries(action, kind, old))

    def of(self, indices: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Return the new values that indices refer to, and which of them changed."""
        changed = self.changed.take(indices)
        if len(self.new) == 1:
            indices = pa.repeat(pa.scalar(0, indices.type), len(indices))
        if self.new.null_count:
            valid = self.new.is_valid().take(indices)
            indices = pc.if_else(valid, indices, pa.scalar(None, indices.type))
        return pa.DictionaryArray.from_arrays(indices, self.new, safe=False), changed


def _map_entries(action: Action, kind: Kind, old: pa.Array) -> tuple[pa.Array, pa.Array]:
    changed: list[pa.Array] = []
    new = gather(old.type, _new(_map_plain(action, kind, old), changed), old.nbytes)
    return new, pa.concat_arrays([pa.array([], pa.bool_()), *changed])


def _constant(
    action: Action, kind: Kind, plain: pa.DataType, parts: Sequence[pa.Array]
) -> pa.Scalar | None:
    """Return the value that all values become, if they become the same."""
    if action.constant is None or not isinstance(kind, Text):
        return None
    constant = pa.scalar(action.constant.encode("utf-8", "replace"), plain)
    same = action.on_binary(b"\xff") == constant.as_py() or all(map(_is_utf8, parts))
    return constant if same else None


def _fits_nothing(action: Action, kind: Kind) -> bool:
    """Tell whether the action has no answer of its own for any value of a kind."""
    return all(getattr(type(action), name) is getattr(Action, name) for name in kind.asks)


def _map_plain(action: Action, kind: Kind, old: pa.Array) -> Iterator[tuple[pa.Array, pa.Array]]:
    for piece in pieces(old):
        new = _ask(action, kind, piece)
        # NaN differs from itself, but is never what an action answers.
        yield new, pc.fill_null(pc.not_equal(new, piece), True)


def pieces(old: pa.Array) -> Iterator[pa.Array]:
    """Cut an array into pieces that are small enough to be Python's."""
    return in_steps(old, step_of(len(old), old.nbytes, _PIECE))


def slices(values: pa.ChunkedArray) -> Iterator[pa.Array]:
    """Cut values into arrays in which equal ones can be looked for in little memory."""
    return chain.from_iterable(in_steps(part, _SLICE) for part in values.chunks)


def _new(pairs: Iterator[tuple[pa.Array, pa.Array]], changed: list[pa.Array]) -> Iterator[pa.Array]:
    """Yield the new values of `_map_plain`; what changed is put aside."""
    for new, differs in pairs:
        changed.append(differs)
        yield new


def _settled(
    pairs: Iterator[tuple[pa.Array, pa.Array]], size: int
) -> Iterator[tuple[pa.Array, pa.Array]]:
    """Yield what `_map_plain` does, in no more memory than it needs."""
    changed: list[pa.Array] = []
    for new in settle(_new(pairs, changed), size):
        yield new, changed.pop()


def _ask(action: Action, kind: Kind, piece: pa.Array) -> pa.Array:
    if isinstance(kind, Text):
        try:
            if is_long_text(piece):
                return _ask_long(action, piece)
            texts = python(piece.cast(pa.string()))
            return pa.array(action.on_texts(texts), pa.string()).cast(piece.type)
        except (pa.ArrowInvalid, UnicodeError):
            # Bytes that are no UTF-8, before or after: one by one, then.
            pass
    return pa.array([kind.ask(action, value) for value in python(piece)], piece.type)


def is_long_text(piece: pa.Array) -> bool:
    """Tell whether a piece is a single long text, which shall not be there as Python's as well."""
    return len(piece) == 1 and piece.nbytes > LARGE and _is_utf8(piece)


def _ask_long(action: Action, piece: pa.Array) -> pa.Array:
    new = action.on_utf8(data_of(piece))
    if new is None:
        return pa.nulls(1, piece.type)
    if len(new) > MOST:
        raise ObjectTooLarge(TOO_LARGE)
    ends = pa.array([0, len(new)], pa.int32())
    return pa.Array.from_buffers(piece.type, 1, [None, ends.buffers()[1], pa.py_buffer(new)])


def _map_booleans(action: Action, kind: Boolean, part: pa.Array) -> tuple[pa.Array, pa.Array]:
    yes, no = (pa.scalar(kind.ask(action, value), pa.bool_()) for value in (True, False))
    new = pc.if_else(part, yes, no)
    return new, pc.fill_null(pc.not_equal(new, part), True)


def _map_moments(action: Action, kind: Day, part: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Map timestamps by their days, of which there are fewer."""
    size = kind.ticks * DAY_SECONDS
    day = pc.divide(part, size)
    # Arrow rounds to zero, but the day before 1970 is day -1.
    day = pc.subtract(day, pc.less(pc.subtract(part, pc.multiply(day, size)), 0).cast(pa.int64()))
    days = day.dictionary_encode()
    starts = [kind.ask(action, old * size) for old in python(days.dictionary)]
    new = pa.array(starts, pa.int64()).take(days.indices)
    if action.keeps_time:
        try:
            new = pc.add_checked(new, pc.subtract(part, pc.multiply(day, size)))
        except pa.ArrowInvalid:
            # The last day of the type's range: one by one, then, with a null where it ends.
            new = pa.array([kind.ask(action, value) for value in python(part)], pa.int64())
    return new, pc.fill_null(pc.not_equal(new, part), True)


def _all_null(part: pa.Array) -> tuple[pa.Array, pa.Array]:
    true = pa.repeat(pa.scalar(value=True), len(part))
    if isinstance(part, pa.DictionaryArray):
        nulls = pa.nulls(len(part), part.indices.type)
        return pa.DictionaryArray.from_arrays(nulls, part.dictionary, safe=False), true
    return pa.nulls(len(part), part.type), true


def _all_equal(constant: pa.Scalar, part: pa.Array) -> tuple[pa.Array, pa.Array]:
    return pa.repeat(constant, len(part)), pc.not_equal(part, constant)


def _collect(kind: pa.DataType, parts: Iterable[tuple[pa.Array, pa.Array]]) -> Mapped:
    pairs = list(parts)
    return Mapped(
        pa.chunked_array([new for new, _changed in pairs], type=kind),
        pa.chunked_array([changed for _new, changed in pairs], type=pa.bool_()),
    )


def _is_utf8(values: pa.Array) -> bool:
    try:
        values.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def python(array: pa.Array) -> list[Any]:
    """Return the values as Python's."""
    values: list[Any] = array.to_pylist()
    return values
