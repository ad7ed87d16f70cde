"""One call of the native core after another, over the same memory."""

import ctypes as c
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workflow.scrub.native.library import (
    DONE,
    NO_ROOM,
    Edit,
    Found,
    Layout,
    RuleTally,
    Source,
)
from workflow.scrub.native.tree import NativeTree

if TYPE_CHECKING:
    from array import array

_ROOM: Final = 16 * 1024
_MOST_ROOM: Final = 4 * 1024 * 1024
_FIELDS: Final = 4
_ROW: Final = 3


@dataclass(frozen=True, slots=True)
class New:
    """What takes the place of a rule's matches.

    Attributes:
        text: One text for all, or all texts behind one another.
        sizes: The size of each, as 32-bit numbers; None for one text for all.
    """

    text: bytes
    sizes: "array[int] | None" = None


class Scanner:
    """Finds what a tree selects in bytes, and puts something else in its place.

    Args:
        library: The native core.
        tree: What is selected.
        rules: How many rules there are.

    Attributes:
        tallies: What was counted for each rule in the last scan.
    """

    def __init__(self, library: c.CDLL, tree: NativeTree, rules: int) -> None:
        """Take a little room for edits."""
        self._library = library
        self._tree = tree
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

    def scan(self, data: bytes, layout: Layout, goes: bytes | None = None) -> bool:
        """Read rows; tell whether that was possible.

        Args:
            data: The bytes.
            layout: How the rows follow one another.
            goes: One byte a row, not 0 where its line goes.
        """
        found = self._found
        while True:
            found.count = found.rows = 0
            found.goes, found.goes_size = goes, len(goes or b"")
            c.memset(self.tallies, 0, c.sizeof(self.tallies))
            outcome = self._library.lakescrub_scan(data, len(data), layout, self._tree.tree, found)
            if outcome != NO_ROOM or found.room >= _MOST_ROOM:
                break
            self._take_room(4 * found.room)
        self._data = data
        return bool(outcome == DONE)

    def tokens(self, rule: int) -> list[bytes]:
        """Return what a rule has matched, in the order of the bytes; of containers the bracket."""
        out = c.create_string_buffer(self.tallies[rule].size + 1)
        size = self._library.lakescrub_gather(self._data, self._found, rule, out)
        return out.raw[:size].split(b"\n")[:-1]

    def rows_of_edits(self) -> list[int]:
        """Return the number of the row of each edit, from 0."""
        numbers = memoryview(self._edits).cast("B").cast("I")
        return numbers[_ROW : self.edits * _FIELDS : _FIELDS].tolist()

    def assemble(self, news: Sequence[New]) -> tuple[bytes, list[int]]:
        """Return the bytes with what is new, and for each rule how many values that changes."""
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
        return c.string_at(out, size), [source.changed for source in sources]
