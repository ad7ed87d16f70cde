"""Dictionaries: read, and brought to the one form in which they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from workflow.scrub.parquet.fields import Encoding
from workflow.scrub.parquet.hybrid import in_blocks
from workflow.scrub.parquet.memory import LARGE, join, let_go
from workflow.scrub.parquet.plain import plain_size
from workflow.scrub.parquet.values import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workflow.scrub.parquet.values import Physical

Made = TypeVar("Made")
# Entries from which on a table of hashes takes more memory than they do.
MANY = 1 << 17
# Indices that are looked through at once.
_BLOCK = 1 << 18
# What an entry and an index take on the way to a new dictionary, beside their values.
_ENTRY_BYTES, _INDEX_BYTES = 24, 6
# How often a large dictionary's entries are used, if it is to hold old and new ones together.
_KEYED = 8


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The dictionary of a chunk.

    Attributes:
        entries: Its values.
        width: Bytes of an index, if a changed chunk shall have a dictionary, or of a value, about.
        worth: Whether the changed chunk shall have one. Many short values of which each is used
            once or twice take less memory, and hardly more room, as plain values.
    """

    entries: pa.Array
    width: int
    worth: bool

    @classmethod
    def read(
        cls,
        physical: Physical,
        found: list[tuple[int, memoryview]],
        present: int,
        *,
        keyed: bool = False,
    ) -> Dictionary:
        """Decode a dictionary.

        Args:
            physical: What the values are stored as.
            found: The number of values and the plain bytes of the page; emptied.
            present: How many values the chunk has, about.
            keyed: Whether of the values that refer to an entry some change and others do not.
        """
        decoder = Decoder(physical)
        count, body = found.pop()
        # The compressed page is done with.
        let_go(len(body))
        decoder.add_page(count, Encoding.PLAIN, body)
        del body
        entries = join(decoder.finish())
        let_go(entries.nbytes)
        worth = _is_worth(count, entries.nbytes, present, keyed=keyed)
        width = 4 if worth else max(1, entries.nbytes // count)
        return cls(entries, width, worth)

    def size_of(self, indices: pa.ChunkedArray) -> int:
        """Return the bytes of values that refer to it, where each stands for itself if it shall."""
        if self.worth:
            return int(indices.nbytes)
        return plain_size(refer(indices.chunks, self.entries))


def refer(indices: list[pa.Array], entries: pa.Array) -> pa.ChunkedArray:
    """Return the values that indices refer to, as dictionary arrays."""
    parts = [pa.DictionaryArray.from_arrays(part, entries, safe=False) for part in indices]
    return pa.chunked_array(parts, pa.dictionary(pa.int32(), entries.type))


def _is_worth(count: int, size: int, present: int, *, keyed: bool) -> bool:
    """Tell whether a new dictionary takes less than three times the memory of the values."""
    if keyed and size > LARGE:
        # Each rule makes it larger by as much as there was, and then copies it.
        return present > _KEYED * count
    work = 2 * size + _ENTRY_BYTES * count + _INDEX_BYTES * present
    return count <= MANY or (2 * present > 3 * count and work <= 3 * present * size // count)


class NewDictionary:
    """The dictionary of a changed chunk: no doubles, in the order of first occurrence.

    An old order may tell of the old values.

    Args:
        parts: All values of the chunk that shall refer, in their order; emptied. Neighbours mostly
            have the same dictionary.

    Attributes:
        count: The number of its values.
    """

    def __init__(self, parts: list[pa.ChunkedArray]) -> None:
        """Number the values anew."""
        old, self._indices = _unite(parts)
        let_go(sum(part.nbytes for part in self._indices))
        codes = _codes(old)
        order = _first_occurrences(codes, self._indices)
        most = len(old) - 1
        firsts = pc.inverse_permutation(codes, max_index=most).take(order)
        self._entries = [pa.DictionaryArray.from_arrays(firsts, old, safe=False)]
        self.count = len(firsts)
        self._numbers = pc.inverse_permutation(order, max_index=most).take(codes)

    def take(self) -> pa.ChunkedArray:
        """Return its values, once: they refer to the old one, and are made when encoded."""
        return pa.chunked_array([self._entries.pop()])

    def indices(self) -> Iterator[Iterator[pa.Array]]:
        """Yield the indices of each part, once, in blocks."""
        self._indices.reverse()
        while self._indices:
            yield map(self._numbers.take, in_blocks(self._indices.pop()))


def _unite(parts: list[pa.ChunkedArray]) -> tuple[pa.Array, list[pa.Array]]:
    """Return one dictionary of all parts, perhaps with doubles, and the indices of each part."""
    dictionaries: list[pa.Array] = []
    found: list[pa.Array] = []
    before = 0
    # Nothing holds what is done with.
    parts.reverse()
    while parts:
        indices = []
        for chunk in parts.pop().chunks:
            encoded = chunk if isinstance(chunk, pa.DictionaryArray) else chunk.dictionary_encode()
            if not dictionaries or not is_same(dictionaries[-1], encoded.dictionary):
                before += len(dictionaries[-1]) if dictionaries else 0
                dictionaries.append(encoded.dictionary)
            indices.append(_moved(encoded.indices, before))
        found.append(pa.concat_arrays([pa.array([], pa.int32()), *indices]))
    old = dictionaries[0] if len(dictionaries) == 1 else pa.concat_arrays(dictionaries)
    return old, found


def _moved(indices: pa.Array, by: int) -> pa.Array:
    return pc.add(indices, pa.scalar(by, pa.int32())) if by else indices


def is_same(one: pa.Array, other: pa.Array) -> bool:
    """Tell whether two arrays are the same memory."""
    addresses = [
        (len(array), array.offset, [buffer and buffer.address for buffer in array.buffers()])
        for array in (one, other)
    ]
    return addresses[0] == addresses[1]


class Remembered(Generic[Made]):
    """What is made of dictionaries, kept for as long as they are the same.

    All pieces of a chunk have the same dictionary, which may be large.

    Args:
        make: Makes it.
    """

    def __init__(self, make: Callable[..., Made]) -> None:
        """Start with nothing made."""
        self._make = make
        self._made: tuple[tuple[pa.Array, ...], Made] | None = None
        self._forgot = False

    def forget(self) -> None:
        """Forget what was made, the first time that this is asked for."""
        if not self._forgot:
            self._made, self._forgot = None, True

    def of(self, *dictionaries: pa.Array) -> Made:
        """Return what is made of the dictionaries."""
        if self._made is None or not all(map(is_same, self._made[0], dictionaries)):
            # Not beside what comes instead.
            self._made = None
            self._made = (dictionaries, self._make(*dictionaries))
        return self._made[1]


def _codes(entries: pa.Array) -> pa.Array:
    """Return a number for each entry, the same for equal ones; all are below their count."""
    if pa.types.is_floating(entries.type):
        # By their bits: 0.0 equals -0.0, and NaN any other.
        entries = entries.view(pa.int32() if entries.type == pa.float32() else pa.int64())
    if len(entries) <= MANY and entries.nbytes <= LARGE:
        return entries.dictionary_encode().indices
    # In order, as a table of hashes takes several times the memory of its entries.
    ranks = pc.rank(entries, tiebreaker="dense")
    codes = pc.subtract(ranks.cast(pa.int32()), pa.scalar(1, pa.int32()))
    size = ranks.nbytes
    del ranks
    let_go(size)
    return codes


def _first_occurrences(codes: pa.Array, parts: Sequence[pa.Array]) -> pa.Array:
    """Return the codes that the indices refer to, in the order in which they first occur."""
    seen = pa.repeat(pa.scalar(value=False), len(codes))
    order = [pa.array([], pa.int32())]
    for part in _blocks(parts):
        used = codes.take(part).unique()
        new = used.filter(pc.invert(seen.take(used)))
        if len(new):
            order.append(new)
            now = pc.inverse_permutation(new, max_index=len(codes) - 1).is_valid()
            seen = pc.or_(seen, now)
    return pa.concat_arrays(order)


def _blocks(parts: Sequence[pa.Array]) -> Iterator[pa.Array]:
    """Yield the numbers of all parts in blocks, neither short nor long ones."""
    held: list[pa.Array] = []
    count = 0
    for part in parts:
        for start in range(0, len(part), _BLOCK):
            held.append(part.slice(start, _BLOCK))
            count += len(held[-1])
            if count >= _BLOCK:
                yield pa.concat_arrays(held)
                held, count = [], 0
    if held:
        yield pa.concat_arrays(held)
