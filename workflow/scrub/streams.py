"""Bytes on their way in and out, counted and hashed."""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from workflow.scrub.formats.base import Sink

READ_SIZE: Final = 256 * 1024


class Intake:
    """The source as chunks.

    Args:
        source: What to read.
    """

    def __init__(self, source: BinaryIO) -> None:
        """Start with nothing read."""
        self._source = source
        self._held = b""
        self._hash = hashlib.sha256()
        self.size = 0

    def peek(self, size: int) -> bytes:
        """Return the first bytes without using them up; fewer only at the end."""
        while len(self._held) < size:
            data = self._source.read(READ_SIZE)
            if not data:
                break
            self._held += data
        return self._held[:size]

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes once, those that were peeked at first."""
        data = self._held or self._source.read(READ_SIZE)
        self._held = b""
        while data:
            self.size += len(data)
            self._hash.update(data)
            yield data
            data = self._source.read(READ_SIZE)

    @property
    def sha256(self) -> str:
        """The checksum of what was read, in hex."""
        return self._hash.hexdigest()


class Outlet:
    """A sink that counts and hashes.

    Args:
        sink: Where the bytes go; None only counts.
    """

    def __init__(self, sink: Sink | None) -> None:
        """Start with nothing written."""
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Pass the bytes on."""
        self.size += len(data)
        self._hash.update(data)
        if self._sink is not None:
            self._sink.write(data)

    @property
    def sha256(self) -> str:
        """The checksum of what was written, in hex."""
        return self._hash.hexdigest()
