"""Whether a rewrite can be undone."""

from workflow.errors import VersionsNotKept
from workflow.messages import ObjectPath
from workflow.stores import LakeStore


def check_versions(path: ObjectPath, source_version: str | None, *, lake: LakeStore) -> None:
    """Refuse a rewrite that takes the place of bytes which S3 does not keep.

    An upload from before versioning has no id either and is kept: only the bucket tells them apart.

    Args:
        path: What is to be rewritten.
        source_version: S3 version id of the bytes there; None where they have none.
        lake: The lake.

    Raises:
        VersionsNotKept: They would be gone for good.
        LakescrubError: The lake failed.
    """
    if source_version is None and not lake.keeps_versions(path):
        raise VersionsNotKept(
            f"{path}: the bucket keeps no versions, and allow_unversioned is not set for it"
        )
