"""The indices of pages that refer to a large dictionary.

Arrow decodes indices only together with a dictionary, and one in which entry 5 is the number 5
takes several times the memory of the indices, where it is as long as the chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import MalformedData
from workflow.scrub.parquet import levels
from workflow.scrub.parquet.values import BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTES = 4
_MOST_BITS = 32
_CUT_OFF = "a level or index of a Parquet page is cut off"
_OUT_OF_RANGE = "an index of a Parquet page is out of range"


class IndexDecoder:
    """Collects the values of pages that refer, then decodes them: to indices.

    Args:
        entries: The size of the dictionary.
    """

    def __init__(self, entries: int) -> None:
        """Start with no page."""
        self.kind = pa.int32()
        self.size = 0
        self._entries = entries
        self._pages: list[tuple[int, memoryview]] = []

    def add_page(self, count: int, encoding: int, body: memoryview) -> None:  # noqa: ARG002
        """Add the values of a data page; a page without values adds nothing."""
        if count:
            self._pages.append((count, body))
            self.size += len(body)

    def finish(self) -> pa.ChunkedArray:
        """Return all indices."""
        return pa.chunked_array(self.batches(BATCH), self.kind)

    def batches(self, most: int) -> Iterator[pa.Array]:
        """Yield all indices, so many at a time.

        Raises:
            MalformedData: They cannot be decoded, or there is no such entry.
        """
        held, found = bytearray(), self._blocks()
        while True:
            while len(held) < most * _BYTES:
                block = next(found, None)
                if block is None:
                    break
                held += block
            if not held:
                return
            yield self._array(bytes(held[: most * _BYTES]))
            del held[: most * _BYTES]

    def _blocks(self) -> Iterator[bytes]:
        self._pages.reverse()
        while self._pages:
            count, body = self._pages.pop()
            if not body:
                raise MalformedData(_CUT_OFF)
            width = body[0]
            if width > _MOST_BITS:
                raise MalformedData(_OUT_OF_RANGE)
            yield from levels.decode(body[1:], width, count, lane=_BYTES)

    def _array(self, data: bytes) -> pa.Array:
        count = len(data) // _BYTES
        found = pa.Array.from_buffers(pa.uint32(), count, [None, pa.py_buffer(data)])
        if pc.max(found).as_py() >= self._entries:
            raise MalformedData(_OUT_OF_RANGE)
        return found.view(pa.int32())
