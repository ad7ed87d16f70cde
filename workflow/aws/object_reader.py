"""An object of the lake as a binary file: sequential reads are one GET, a seek begins another.

Every GET names the version id and the ETag, so all bytes come from the version that was inspected,
however long the reading takes and whatever lands on the key meanwhile.
"""

import io
from collections.abc import Callable
from typing import Any, Protocol

from workflow.aws.faults import told, translated
from workflow.errors import ServiceUnavailable

_STREAM_RESTARTS = 3


class Body(Protocol):
    """The streaming body of an answer."""

    def read(self, amount: int, /) -> bytes:
        """Give at most so many bytes, none at the end."""

    def close(self) -> None:
        """Give the connection back."""


class ObjectReader(io.RawIOBase):
    """Read one version of an object.

    A broken stream is opened again where it broke, a few times for each place.
    """

    def __init__(self, get: Callable[[str | None], Body], *, size: int, name: str) -> None:
        """Open nothing yet.

        Args:
            get: Opens a GET; takes the value of the Range header, None for the whole object.
            size: Bytes of the object.
            name: The object, for error texts.
        """
        super().__init__()
        self._get = get
        self._size = size
        self._name = name
        self._position = 0
        self._body: Body | None = None

    def readable(self) -> bool:
        """Say that bytes can be read."""
        return True

    def seekable(self) -> bool:
        """Say that any place can be read next."""
        return True

    def tell(self) -> int:
        """Give the place of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Choose the place of the next read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        place = max(0, base + offset)
        if place != self._position:
            self._drop_body()
            self._position = place
        return place

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer, or a part of it."""
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        data = self._read(wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Give the connection back."""
        self._drop_body()
        super().close()

    def _read(self, wanted: int) -> bytes:
        for _ in range(_STREAM_RESTARTS):
            data = self._read_once(wanted)
            if data:
                return data
            self._drop_body()
        raise ServiceUnavailable(f"GetObject on {self._name}: the stream broke again and again")

    def _read_once(self, wanted: int) -> bytes:
        if self._body is None:
            with told(f"GetObject on {self._name}"):
                self._body = self._get(f"bytes={self._position}-" if self._position else None)
        failure: Exception | None = None
        try:
            return self._body.read(wanted)
        except Exception as error:  # noqa: BLE001 - urllib3 and http.client leak through boto3
            failure = error
        if isinstance(translated(failure, self._name), ServiceUnavailable) or _broke(failure):
            return b""
        raise translated(failure, f"GetObject on {self._name}")

    def _drop_body(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def _broke(failure: Exception) -> bool:
    return isinstance(failure, OSError) or type(failure).__module__.partition(".")[0] in (
        "urllib3",
        "http",
    )
