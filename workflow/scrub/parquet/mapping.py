"""An action over the values of a column: asked once for each distinct value.

Distinct values go through Python, all else stays in Arrow. Where every value becomes the same (the
action's constant), not even the distinct values are looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.actions.base import Action
from workflow.scrub.parquet.kinds import DAY_SECONDS, Day, Kind, Text
from workflow.scrub.parquet.meanings import kind_of
from workflow.scrub.parquet.memory import gather, settle, step_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.row_test import RowTest

# As many values at a time are Python's: few beside a column.
_PIECE = 1 << 16
_SAMPLE = 1 << 12


@dataclass(frozen=True, slots=True)
class Mapped:
    """Values after an action.

    Attributes:
        values: The new values; null where a value becomes null.
        changed: Which values differ from the old ones, those that became null among them.
    """

    values: pa.ChunkedArray
    changed: pa.ChunkedArray


def apply(action: Action, leaf: Node, values: pa.ChunkedArray) -> Mapped:
    """Apply an action to the physical values of a leaf, none of which is null."""
    plain = _plain_type(values.type)
    kind = kind_of(leaf)
    if action.nulls or _fits_nothing(action, kind):
        return _collect(plain, ((pa.nulls(len(p), plain), _true(len(p))) for p in values.chunks))
    if action.constant is not None and isinstance(kind, Text):
        constant = pa.scalar(action.constant.encode("utf-8", "replace"), plain)
        if action.on_binary(b"\xff") == constant.as_py() or _is_utf8(values):
            return _collect(plain, (_all_equal(constant, part) for part in values.chunks))
    if isinstance(kind, Day) and kind.ticks > 0 and not pa.types.is_dictionary(values.type):
        return _collect(plain, (_map_moments(action, kind, part) for part in values.chunks))
    if not pa.types.is_dictionary(values.type) and _mostly_distinct(values):
        mapped = (_map_plain(action, kind, part) for part in values.chunks)
        return _collect(plain, _settled(chain.from_iterable(mapped), values.nbytes))
    # Chunk by chunk: a table of hashes takes several times the memory of what is in it.
    parts = (_map_part(action, kind, _encoded(part)) for part in values.chunks)
    return _collect(pa.dictionary(pa.int32(), plain), parts)


def _mostly_distinct(values: pa.ChunkedArray) -> bool:
    """Tell by the first values whether looking for equal ones would be in vain."""
    first = values.slice(0, _SAMPLE)
    return 2 * len(first.unique()) > len(first)


def rows_meet(test: RowTest, leaf: Node, values: pa.ChunkedArray) -> pa.Array:
    """Tell which values (none of them null) meet a row test."""
    kind = kind_of(leaf)
    null = test.on_null(null=False)
    out = []
    for part in map(_encoded, values.chunks):
        met = _equal_texts(test, kind, part.dictionary)
        if met is None:
            pieces = map(_python, _pieces(part.dictionary))
            found = [null or _meets(test, kind.spell(value)) for piece in pieces for value in piece]
            met = pa.array(found, pa.bool_())
        out.append(met.take(part.indices))
    return pa.chunked_array(out, type=pa.bool_()).combine_chunks()


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


def _fits_nothing(action: Action, kind: Kind) -> bool:
    """Tell whether the action has no answer of its own for any value of a kind."""
    return all(getattr(type(action), name) is getattr(Action, name) for name in kind.asks)


def _map_part(action: Action, kind: Kind, part: pa.DictionaryArray) -> tuple[pa.Array, pa.Array]:
    """Map a dictionary; its new entries may be equal, and where one is null, so is the index."""
    changed: list[pa.Array] = []
    entries = _new(_map_plain(action, kind, part.dictionary), changed)
    new = gather(part.dictionary.type, entries, part.dictionary.nbytes)
    indices = part.indices
    if new.null_count:
        indices = pc.if_else(new.is_valid().take(indices), indices, pa.scalar(None, indices.type))
    return (
        pa.DictionaryArray.from_arrays(indices, new, safe=False),
        pa.concat_arrays(changed).take(part.indices),
    )


def _map_plain(action: Action, kind: Kind, old: pa.Array) -> Iterator[tuple[pa.Array, pa.Array]]:
    for piece in _pieces(old):
        new = _ask(action, kind, piece)
        # NaN differs from itself, but is never what an action answers.
        yield new, pc.fill_null(pc.not_equal(new, piece), True)


def _pieces(old: pa.Array) -> Iterator[pa.Array]:
    step = step_of(len(old), old.nbytes, _PIECE)
    return (old.slice(start, step) for start in range(0, len(old), step))


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
            texts = action.on_texts(_python(piece.cast(pa.string())))
            return pa.array(texts, pa.string()).cast(piece.type)
        except (pa.ArrowInvalid, UnicodeEncodeError):
            # Bytes that are no UTF-8, before or after: one by one, then.
            pass
    return pa.array([kind.ask(action, value) for value in _python(piece)], piece.type)


def _map_moments(action: Action, kind: Day, part: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Map timestamps by their days, of which there are fewer."""
    size = kind.ticks * DAY_SECONDS
    day = pc.divide(part, size)
    # Arrow rounds to zero, but the day before 1970 is day -1.
    day = pc.subtract(day, pc.less(pc.subtract(part, pc.multiply(day, size)), 0).cast(pa.int64()))
    days = day.dictionary_encode()
    starts = [kind.ask(action, old * size) for old in _python(days.dictionary)]
    new = pa.array(starts, pa.int64()).take(days.indices)
    if action.keeps_time:
        try:
            new = pc.add_checked(new, pc.subtract(part, pc.multiply(day, size)))
        except pa.ArrowInvalid:
            # The last day of the type's range: one by one, then, with a null where it ends.
            new = pa.array([kind.ask(action, value) for value in _python(part)], pa.int64())
    return new, pc.fill_null(pc.not_equal(new, part), True)


def _all_equal(constant: pa.Scalar, part: pa.Array) -> tuple[pa.Array, pa.Array]:
    if isinstance(part, pa.DictionaryArray):
        changed = pc.not_equal(part.dictionary, constant).take(part.indices)
    else:
        changed = pc.not_equal(part, constant)
    return pa.repeat(constant, len(part)), changed


def _collect(kind: pa.DataType, parts: Iterable[tuple[pa.Array, pa.Array]]) -> Mapped:
    pairs = list(parts)
    return Mapped(
        pa.chunked_array([new for new, _changed in pairs], type=kind),
        pa.chunked_array([changed for _new, changed in pairs], type=pa.bool_()),
    )


def _is_utf8(values: pa.ChunkedArray) -> bool:
    try:
        for part in values.chunks:
            entries = part.dictionary if isinstance(part, pa.DictionaryArray) else part
            entries.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _encoded(part: pa.Array) -> pa.DictionaryArray:
    return part if isinstance(part, pa.DictionaryArray) else part.dictionary_encode()


def _python(array: pa.Array) -> list[Any]:
    values: list[Any] = array.to_pylist()
    return values


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _true(count: int) -> pa.Array:
    return pa.repeat(pa.scalar(True), count)
