"""What S3 says of one version of an object, and what of it a rewrite carries over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflow.entry import Checksum

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_ARCHIVED_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object.

    Attributes:
        version_id: S3 version id, None where the bucket keeps no versions.
        etag: Entity tag without quotes; opaque.
        size: Bytes.
        storage_class: STANDARD unless S3 says otherwise.
        checksum: The checksum that S3 keeps with it, if any.
        carried: Request parameters of PutObject that keep metadata, content headers, storage class
            and encryption as they are.
        archive_status: Set where Intelligent-Tiering moved the object to an archive tier.
        restored: True where a restored copy of an archived object can be read now.
        locked_until: End of the retention that keeps this version from being deleted.
        legal_hold: True where a legal hold keeps this version from being deleted.
    """

    version_id: str | None
    etag: str
    size: int
    storage_class: str = "STANDARD"
    checksum: Checksum | None = None
    carried: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    archive_status: str | None = None
    restored: bool = False
    locked_until: datetime | None = None
    legal_hold: bool = False

    @property
    def archived(self) -> bool:
        """True where the object must be restored before it can be read."""
        if self.restored:
            return False
        return self.storage_class in _ARCHIVED_CLASSES or self.archive_status is not None


@dataclass(frozen=True, slots=True)
class Written:
    """What S3 answered to a write: the new version's id (None where there are none) and ETag."""

    version_id: str | None
    etag: str


def stored_version(answer: Mapping[str, Any]) -> str | None:
    """Give the version id in an answer of S3; None where the bucket keeps no versions.

    Where versioning is suspended S3 calls the one version "null".
    """
    version = answer.get("VersionId")
    return None if version in (None, "null") else str(version)
