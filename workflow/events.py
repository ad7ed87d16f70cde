"""Payloads of AWS events, each shape read in exactly one place.

S3 tells of an upload in two shapes: its own notification (URL-encoded key) and the EventBridge
event (key as it is). Both arrive as the body of an SQS message.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from workflow.errors import UsageError
from workflow.messages import ObjectPath, RunInput, Upload

_TEST_EVENT = "s3:TestEvent"
_TTL_PRINCIPAL = "dynamodb.amazonaws.com"


def uploads_in(body: str) -> tuple[Upload, ...]:
    """Read the uploads that the body of a queue message tells of.

    Notifications of other kinds than ObjectCreated, and the test event that S3 sends when a
    notification is configured, tell of none.

    Raises:
        UsageError: The body is no S3 event; its text is not quoted.
    """
    try:
        event = json.loads(body)
        return tuple(_uploads(event))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError("a message of the intake queue is no S3 event") from None


def _uploads(event: Mapping[str, Any]) -> Iterator[Upload]:
    if event.get("Event") == _TEST_EVENT:
        return
    if "detail" in event:
        if event["source"] == "aws.s3" and event["detail-type"] == "Object Created":
            yield _from_eventbridge(event)
        return
    for record in event["Records"]:
        if record["eventName"].startswith("ObjectCreated:"):
            yield _from_notification(record)


def _from_notification(record: Mapping[str, Any]) -> Upload:
    stored = record["s3"]["object"]
    return _upload(
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(stored["key"]),
        version_id=stored.get("versionId"),
        etag=stored["eTag"],
        fields=stored,
        time=record["eventTime"],
    )


def _from_eventbridge(event: Mapping[str, Any]) -> Upload:
    stored = event["detail"]["object"]
    return _upload(
        bucket=event["detail"]["bucket"]["name"],
        key=stored["key"],
        version_id=stored.get("version-id"),
        etag=stored["etag"],
        fields=stored,
        time=event["time"],
    )


def _upload(
    *,
    bucket: str,
    key: str,
    version_id: str | None,
    etag: str,
    fields: Mapping[str, Any],
    time: str,
) -> Upload:
    sequencer = fields["sequencer"]
    # A bucket whose versioning is suspended says "null", one that never had it says nothing.
    versioned = version_id not in (None, "", "null")
    return Upload(
        path=ObjectPath(bucket, key),
        version=str(version_id) if versioned else f"null.{sequencer}",
        sequencer=sequencer,
        etag=etag.strip('"'),
        size=int(fields["size"]),
        uploaded_at=datetime.fromisoformat(time),
    )


def expired_run(record: Mapping[str, Any]) -> tuple[str, RunInput] | None:
    """Read the dataset and the run that a record of the schedule's stream makes due.

    Only a removal by DynamoDB's TTL makes a version due: an item deleted by hand starts nothing
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html).

    Raises:
        UsageError: The record is a TTL removal, yet holds no schedule item.
    """
    principal = (record.get("userIdentity") or {}).get("principalId")
    if record.get("eventName") != "REMOVE" or principal != _TTL_PRINCIPAL:
        return None
    try:
        item = record["dynamodb"]["OldImage"]
        path, version = item["path"]["S"], item["version"]["S"]
        return item["dataset"]["S"], RunInput(ObjectPath.parse(path), version, attempt=1)
    except (KeyError, TypeError):
        raise UsageError("a record of the schedule's stream holds no schedule item") from None
