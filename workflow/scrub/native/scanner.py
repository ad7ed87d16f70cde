"""One call of the native core after another, over the same memory."""

import ctypes as c
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from workflow.scrub.native.library import DONE, IMPOSSIBLE, NO_ROOM, Edit, Found, RuleTally, Source
from workflow.scrub.plan import BoundRule

_ROOM: Final = 16 * 1024
_MOST_ROOM: Final = 4 * 1024 * 1024
_FIELDS: Final = 4
_ROW: Final = 3
_BEHIND: Final = b"\xff"
"""What stands behind each token; this byte is in no UTF-8."""
_SIZE: Final = "I"


@dataclass(frozen=True, slots=True)
class New:
    """What takes the place of a rule's matches.

    Attributes:
        text: One text for all, or all texts behind one another.
        sizes: The size of each, as 32-bit numbers; None for one text for all.
    """

    text: bytes
    sizes: "array[int] | None" = None

    @classmethod
    def of_each(cls, texts: Sequence[bytes]) -> Self:
        """Return a text for each match."""
        return cls(b"".join(texts), array(_SIZE, map(len, texts)))


class Scanner:
    """Finds what rules select in bytes, and puts something else in its place.

    Args:
        library: The native core.
        rules: How many rules there are.

    Attributes:
        tallies: What was counted for each rule in the last scan.
    """

    def __init__(self, library: c.CDLL, rules: int) -> None:
        """Take a little room for edits."""
        self._library = library
        self.tallies = (RuleTally * rules)()
        self._found = Found(tallies=self.tallies)
        self._data = b""
        self._take_room(_ROOM)

    def _take_room(self, room: int) -> None:
        self._edits = (Edit * room)()
        self._found.edits, self._found.room = self._edits, room

    @property
    def rows(self) -> int:
        """How many rows the last scan read, those that go among them."""
        return int(self._found.rows)

    @property
    def edits(self) -> int:
        """How many values and items the last scan listed."""
        return int(self._found.count)

    def scan(
        self, data: bytes, read: Callable[[bytes, Found], int], goes: bytes | None = None
    ) -> bool:
        """Read rows; tell whether that was possible.

        Args:
            data: The bytes.
            read: Calls the native core.
            goes: One byte a row, not 0 where its line goes.
        """
        found = self._found
        while True:
            found.count = found.rows = 0
            found.goes, found.goes_size = goes, len(goes or b"")
            c.memset(self.tallies, 0, c.sizeof(self.tallies))
            outcome = read(data, found)
            if outcome != NO_ROOM or found.room >= _MOST_ROOM:
                break
            self._take_room(4 * found.room)
        self._data = data
        return bool(outcome == DONE)

    def tokens(self, rule: int) -> list[bytes]:
        """Return what a rule has matched, in the order of the bytes."""
        out = c.create_string_buffer(self.tallies[rule].size)
        size = self._library.lakescrub_gather(self._data, self._found, rule, out)
        return c.string_at(out, size).split(_BEHIND)[:-1]

    def rows_that_go(self, does_go: Callable[[bytes], bool]) -> bytes:
        """Return one byte a row, 1 where a match of the only rule says that the row goes."""
        # The tested values are few and come again and again.
        tokens = self.tokens(0)
        going = {token for token in set(tokens) if does_go(token)}
        goes = bytearray(self.rows)
        numbers = memoryview(self._edits).cast("B").cast("I")
        rows = numbers[_ROW : self.edits * _FIELDS : _FIELDS].tolist()
        for row, token in zip(rows, tokens, strict=True):
            goes[row] |= token in going
        return bytes(goes)

    def _assemble(self, news: Sequence[New]) -> tuple[bytes, list[int]]:
        """Return the bytes, and for each rule how many values are spelled otherwise than before."""
        sources = (Source * len(news))()
        room = len(self._data)
        for source, new, tally in zip(sources, news, self.tallies, strict=True):
            source.bytes, source.size = new.text, len(new.text)
            if new.sizes is not None:
                source.sizes = (c.c_uint32 * len(new.sizes)).from_buffer(new.sizes)
            room += len(new.text) * (tally.matched if new.sizes is None else 1)
        out = c.create_string_buffer(room)
        size = self._library.lakescrub_assemble(
            self._data, len(self._data), self._found, sources, out
        )
        if size == IMPOSSIBLE:
            raise AssertionError("rules overlap")
        return c.string_at(out, size), [source.changed for source in sources]

    def put(self, rules: Sequence[BoundRule], new: Callable[[int, BoundRule], New]) -> bytes:
        """Return the bytes with what is new, and count what that changes.

        Args:
            rules: The rules, in the order of their numbers.
            new: Gives what takes the place of the matches of a rule that has some.
        """
        news = [
            new(number, bound) if tally.matched and not bound.action.removes else New(b"")
            for number, (bound, tally) in enumerate(zip(rules, self.tallies, strict=True))
        ]
        scrubbed, changed = self._assemble(news) if self.edits else (self._data, [0] * len(rules))
        for bound, tally, values in zip(rules, self.tallies, changed, strict=True):
            bound.tally.matched += tally.matched
            bound.tally.changed += tally.matched if bound.action.removes else values
        return scrubbed
