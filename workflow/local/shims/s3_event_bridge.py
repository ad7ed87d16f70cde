"""S3 events on EventBridge carry the version.

Wrong in ministack 1.5.33: `detail.object` lacks `version-id`.
AWS: it is there for objects of a bucket with versioning.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import contextvars
import json
from typing import Any

from ministack.services import eventbridge, s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_fire_s3_event", "24f600d630f2d91d"),
    Pin("ministack.services.eventbridge:_dispatch_event", "dc3a3c4d1b9e3970"),
)
_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)


def install() -> None:
    """Carry the version id from the notification to the event."""
    wrap(s3, "_fire_s3_event", _noting)
    wrap(eventbridge, "_dispatch_event", _adding)


def _noting(original: Any) -> Any:
    def fire(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
        token = _version.set(version_id)
        try:
            original(*args, version_id=version_id, **kwargs)
        finally:
            _version.reset(token)

    return fire


def _adding(original: Any) -> Any:
    def dispatch(event: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        version = _version.get()
        if version and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"].setdefault("version-id", version)
            event = {**event, "Detail": json.dumps(detail)}
        return original(event, *args, **kwargs)

    return dispatch
