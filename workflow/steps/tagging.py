"""The tag that shows which policy an object was scrubbed under; it proves nothing.

An object that has no room for another tag goes without it.
"""

from collections.abc import Mapping

from workflow.messages import ObjectPath
from workflow.stores import LakeStore

TAG = "processed"
MAX_TAGS = 10  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html


def with_ours(tags: Mapping[str, str], value: str) -> dict[str, str]:
    """Add our tag to an object's, where there is room."""
    if TAG not in tags and len(tags) >= MAX_TAGS:
        return dict(tags)
    return {**tags, TAG: value}


def tag(path: ObjectPath, version_id: str | None, value: str, *, lake: LakeStore) -> bool:
    """Add our tag to those that a version has by now; False where they leave no room."""
    tags = lake.tags(path, version_id)
    wanted = with_ours(tags, value)
    if wanted != tags:
        lake.tag(path, version_id, wanted)
    return TAG in wanted
