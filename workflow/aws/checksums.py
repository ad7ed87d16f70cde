"""Full-object checksums as S3 computes them, fed piece by piece.

S3 keeps one checksum with each object. A rewrite carries the algorithm over, so that readers who
rely on it find what they found before; the value is also how a run recognises its own write.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

import base64
import hashlib
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from workflow.entry import Checksum

DEFAULT_ALGORITHM = "SHA256"
_CRC32_BYTES = 4
_CRC64_BYTES = 8


class Summer(Protocol):
    """One checksum under way."""

    def update(self, data: bytes, /) -> object:
        """Take the next bytes."""

    def digest(self) -> bytes:
        """Give the checksum of all bytes taken."""


class _Crc:
    def __init__(self, function: Callable[[bytes, int], int], width: int) -> None:
        self._function = function
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


def _native(name: str) -> Callable[[bytes, int], int]:
    # A native library without types, loaded only where an object's checksum needs it.
    function: Callable[[bytes, int], int] = getattr(import_module("awscrt.checksums"), name)
    return function


def _crc32c() -> Summer:
    return _Crc(_native("crc32c"), _CRC32_BYTES)


def _crc64nvme() -> Summer:
    return _Crc(_native("crc64nvme"), _CRC64_BYTES)


_SUMMERS: dict[str, Callable[[], Summer]] = {
    "CRC32": lambda: _Crc(zlib.crc32, _CRC32_BYTES),
    "CRC32C": _crc32c,
    "CRC64NVME": _crc64nvme,
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
}
_LINEAR = frozenset({"CRC32", "CRC32C", "CRC64NVME"})


def supported(algorithm: str | None) -> str:
    """Give the algorithm itself where we can compute it, else the default one."""
    return algorithm if algorithm in _SUMMERS else DEFAULT_ALGORITHM


def encoded(digest: bytes) -> str:
    """Give a checksum as S3 writes it."""
    return base64.b64encode(digest).decode()


class ObjectChecksum:
    """The checksum that S3 will show for an object written whole or in parts.

    CRCs of an object in parts are those of the whole object (``FULL_OBJECT``); the cryptographic
    ones are a hash over the hashes of the parts (``COMPOSITE``).
    """

    def __init__(self, algorithm: str | None) -> None:
        """Begin with no bytes."""
        self.algorithm = supported(algorithm)
        self._whole = _SUMMERS[self.algorithm]()
        self._parts: list[bytes] = []

    @property
    def multipart_type(self) -> str:
        """The ChecksumType of a multipart upload with this algorithm."""
        return "FULL_OBJECT" if self.algorithm in _LINEAR else "COMPOSITE"

    @property
    def parameter(self) -> str:
        """The name under which S3's operations take and give the value."""
        return f"Checksum{self.algorithm}"

    def add(self, data: bytes) -> str:
        """Take the next part (or the whole object) and give that part's own checksum."""
        part = _SUMMERS[self.algorithm]()
        part.update(data)
        digest = part.digest()
        self._parts.append(digest)
        self._whole.update(data)
        return encoded(digest)

    def of_whole(self) -> Checksum:
        """Give the checksum of an object written by one PutObject."""
        return Checksum(self.algorithm, encoded(self._whole.digest()))

    def of_parts(self) -> Checksum:
        """Give the checksum of an object written by a multipart upload."""
        if self.algorithm in _LINEAR:
            return self.of_whole()
        outer = _SUMMERS[self.algorithm]()
        outer.update(b"".join(self._parts))
        return Checksum(self.algorithm, f"{encoded(outer.digest())}-{len(self._parts)}")
