"""Bytes on their way in and out, counted and hashed."""

import hashlib
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import BinaryIO, Final

from workflow.scrub.formats.base import Sink

READ_SIZE: Final = 512 * 1024
_BATCH: Final = 1024 * 1024
_WAITING: Final = 2


class Checksum:
    """A SHA-256 that is computed beside the work, where there is a second processor.

    It is a third of the work on rows with one large value. A thread that comes back from computing
    waits for the interpreter for up to its switch interval, so it is given a few megabytes at a
    time; and only a little waits, so that the memory stays bounded.

    Args:
        worker: The thread that computes; None computes at once.
    """

    def __init__(self, worker: ThreadPoolExecutor | None) -> None:
        """Start with nothing."""
        self._hash = hashlib.sha256()
        self._worker = worker
        self._held: list[bytes] = []
        self._size = 0
        self._waiting: deque[Future[None]] = deque()

    def update(self, data: bytes) -> None:
        """Add bytes."""
        if self._worker is None:
            self._hash.update(data)
            return
        self._held.append(data)
        self._size += len(data)
        if self._size >= _BATCH:
            self._hand_over(self._worker)

    def _hand_over(self, worker: ThreadPoolExecutor) -> None:
        self._waiting.append(worker.submit(self._hash.update, b"".join(self._held)))
        self._held.clear()
        self._size = 0
        if len(self._waiting) > _WAITING:
            self._waiting.popleft().result()

    def hexdigest(self) -> str:
        """Return the checksum of all that was added."""
        while self._waiting:
            self._waiting.popleft().result()
        for data in self._held:
            self._hash.update(data)
        self._held.clear()
        return self._hash.hexdigest()


@contextmanager
def checksum_worker() -> Iterator[ThreadPoolExecutor | None]:
    """Give the thread that computes checksums, None on a single processor."""
    if _processors() == 1:
        yield None
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="checksum") as worker:
        yield worker


def _processors() -> int:
    """Return how many processors this process may use; not every system can tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Intake:
    """The source as chunks.

    Args:
        source: What to read.
        worker: The thread for the checksum.
    """

    def __init__(self, source: BinaryIO, worker: ThreadPoolExecutor | None = None) -> None:
        """Start with nothing read."""
        self._source = source
        self._held = b""
        self._hash = Checksum(worker)
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
        worker: The thread for the checksum.
    """

    def __init__(self, sink: Sink | None, worker: ThreadPoolExecutor | None = None) -> None:
        """Start with nothing written."""
        self._sink = sink
        self._hash = Checksum(worker)
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
