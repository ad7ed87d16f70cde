"""Headers and bodies of pages, cut from a stream of a column chunk's bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import MalformedData
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.memory import put, room

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.scrub.parquet.compact import Struct

_SIZE = 1 << 16
_BLOCK = 1 << 20
_LONG_HEADER = 1 << 10


class Window:
    """A stretch of a chunk: what was read of it and not yet taken.

    Args:
        read: Returns the next bytes of the chunk.
        size: Bytes of the chunk.
        base: Offset of the chunk in the file.
    """

    def __init__(self, read: Callable[[int], bytes], size: int, base: int) -> None:
        """Read nothing yet."""
        self._read = read
        self._left = size
        self._end = base + size
        self._data = b""
        self._at = 0

    @property
    def offset(self) -> int:
        """The offset in the file of what comes next."""
        return self._end - self._left - len(self._data) + self._at

    def more(self) -> bool:
        """Tell whether something is left."""
        return self._left > 0 or self._at < len(self._data)

    def header(self) -> Struct:
        """Decode a header, reading on for as long as it may only be cut off."""
        step = _SIZE
        if len(self._data) - self._at < _LONG_HEADER:
            self._fill(step)
        while True:
            try:
                header, self._at = compact.decode(self._data, self._at, base=self.offset - self._at)
            except MalformedData:
                if not self._left:
                    raise
                step *= 4
                self._fill(step)
                continue
            return header

    def take(self, size: int) -> memoryview:
        """Return the next bytes."""
        if not 0 <= size <= len(self._data) - self._at + self._left:
            raise MalformedData("a Parquet page is longer than its chunk", offset=self.offset)
        if size > _SIZE:
            return self._take_large(size)
        if size > len(self._data) - self._at:
            self._fill(size)
        body = memoryview(self._data)[self._at : self._at + size]
        self._at += size
        return body

    def _take_large(self, size: int) -> memoryview:
        """Take a page that whoever is done with it can forget, and that is there once only."""
        body = room(size)
        at = put(body, 0, self._data[self._at : self._at + size])
        self._data, self._at = self._data[self._at + at :], 0
        while at < size:
            more = self._read(min(_BLOCK, size - at))
            at = put(body, at, more)
            self._left -= len(more)
        return body

    def _fill(self, size: int) -> None:
        """Have so many bytes at hand, or all that are left."""
        rest = self._data[self._at :]
        more = self._read(min(self._left, max(0, size - len(rest))))
        self._left -= len(more)
        self._data, self._at = rest + more, 0
