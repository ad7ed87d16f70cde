"""The output under way: copied from the source for as long as nothing differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import MalformedData
from workflow.scrub.parquet.stretch import read_stretch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from workflow.scrub.formats.base import Sink
    from workflow.scrub.parquet.compression import Bytes

_BLOCK = 1 << 20


class Tape:
    """Copies and writes to a sink, and knows where it is.

    Args:
        source: The seekable input.
        sink: Where the output goes.

    Attributes:
        at: Bytes written.
        differs: Whether what was written is no longer a prefix of the source.
    """

    def __init__(self, source: BinaryIO, sink: Sink) -> None:
        """Start with nothing written."""
        self.source = source
        self.sink = sink
        self.at = 0
        self.differs = False

    def copy(self, start: int, end: int) -> None:
        """Copy a stretch of the source."""
        self.source.seek(start)
        while start < end:
            block = self.source.read(min(_BLOCK, end - start))
            if not block:
                raise MalformedData("the Parquet file ends too early", offset=start)
            self.sink.write(block)
            start += len(block)
            self.at += len(block)

    def write(self, parts: Iterable[Bytes]) -> None:
        """Write something that the source does not have there."""
        self.differs = True
        for part in parts:
            # In blocks: a sink may copy what it is given, or keep it for a while.
            for start in range(0, len(part), _BLOCK):
                self.sink.write(bytes(memoryview(part)[start : start + _BLOCK]))
            self.at += len(part)

    def read(self, start: int, end: int) -> bytes:
        """Read a stretch of the source without copying it."""
        return read_stretch(self.source, start, end - start)

    def is_empty(self, start: int, end: int) -> bool:
        """Tell whether a stretch of the source is zeros only."""
        for at in range(start, end, _BLOCK):
            block = self.read(at, min(end, at + _BLOCK))
            if block.count(0) != len(block):
                return False
        return True
