"""Who hears of uploads.

S3 replaces all notifications of a bucket at once, so the command holds those that are there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.doctor.commands import aws
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity

CHECK = "notifications"
_CREATED = "s3:ObjectCreated:*"


def check_notifications(
    found: Mapping[str, Any], *, bucket: str, expected: Expected
) -> Iterator[Finding]:
    """Say whether the intake queue hears of every upload."""
    if expected.attached:
        yield from _by_eventbridge(found, bucket)
    else:
        yield from _by_queue(found, bucket, str(expected.intake_arn))


def _by_eventbridge(found: Mapping[str, Any], bucket: str) -> Iterator[Finding]:
    if "EventBridgeConfiguration" in found:
        yield Finding(CHECK, Severity.OK, "EventBridge hears of every upload")
        return
    command = _command(bucket, {**found, "EventBridgeConfiguration": {}})
    what = "EventBridge hears of no upload, so nothing is scheduled"
    yield Finding(CHECK, Severity.PROBLEM, what, (command,))


def _by_queue(found: Mapping[str, Any], bucket: str, queue: str) -> Iterator[Finding]:
    there = found.get("QueueConfigurations", [])
    ours = [each for each in there if each["QueueArn"] == queue]
    if any(_CREATED in each["Events"] and not _filters(each) for each in ours):
        yield Finding(CHECK, Severity.OK, "the intake queue hears of every upload")
        return
    others = [each for each in there if each not in ours]
    wanted = {"QueueArn": queue, "Events": [_CREATED]}
    command = _command(bucket, {**found, "QueueConfigurations": [*others, wanted]})
    what = "the intake queue does not hear of every upload"
    yield Finding(CHECK, Severity.PROBLEM, what, (command,))


def _filters(configuration: Mapping[str, Any]) -> bool:
    return bool(configuration.get("Filter", {}).get("Key", {}).get("FilterRules"))


def _command(bucket: str, configuration: Mapping[str, Any]) -> str:
    return aws(
        "s3api",
        "put-bucket-notification-configuration",
        bucket=bucket,
        notification_configuration=configuration,
    )
