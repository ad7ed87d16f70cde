"""CopyObject honours If-Match and If-None-Match on its target.

Wrong in ministack 1.5.33: both headers are ignored, so a copy overwrites what it must not.
AWS: 412 PreconditionFailed, as for PutObject.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from typing import Any

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_copy_object", "8dedcc6be04faecf"),
    Pin("ministack.services.s3:_check_put_preconditions", "227c9b2c98c403d0"),
)


def install() -> None:
    """Check the conditions before the emulator copies."""
    wrap(s3, "_copy_object", _conditional)


def _conditional(original: Any) -> Any:
    def copy(bucket: str, key: str, headers: dict[str, str]) -> Any:
        found = s3._ensure_bucket(bucket)
        if found is not None:
            refused = s3._check_put_preconditions(headers, found["objects"].get(key))
            if refused:
                return refused
        return original(bucket, key, headers)

    return copy
