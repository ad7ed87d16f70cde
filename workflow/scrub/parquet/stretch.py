"""Reading a stretch of a file, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import MalformedData

if TYPE_CHECKING:
    from typing import BinaryIO


def read_stretch(source: BinaryIO, start: int, size: int) -> bytes:
    """Read so many bytes from an offset; a source may give them in several answers.

    Raises:
        MalformedData: The file ends before.
    """
    if size <= 0:
        return b""
    source.seek(start)
    data = source.read(size)
    while len(data) < size:
        more = source.read(size - len(data))
        if not more:
            raise MalformedData("the Parquet file ends too early", offset=start + len(data))
        data += more
    return data
