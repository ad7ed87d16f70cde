"""The schedule: the DynamoDB table whose items expire when a version is due; only the timer."""

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.messages import ObjectPath, Timer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# TTL never deletes an item whose time lies more than five years back
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html).
_OLDEST = timedelta(days=4 * 365)
_CONDITION_FAILED = "ConditionalCheckFailedException"


class Schedule:
    """Timers by path and version."""

    def __init__(self, table: "Table") -> None:
        """Use a table."""
        self._table = table

    def set(self, timer: Timer, *, now: datetime) -> bool:
        """Set a timer where there is none; False where there is one already."""
        expires = max(timer.due_at, now - _OLDEST)
        with told(f"PutItem of the schedule for {timer.path}"):
            try:
                self._table.put_item(
                    Item={
                        "path": str(timer.path),
                        "version": timer.version,
                        "dataset": timer.dataset,
                        # Rounded up: a version is never due before its time.
                        "ttl": math.ceil(expires.timestamp()),
                    },
                    ConditionExpression="attribute_not_exists(#path)",
                    ExpressionAttributeNames={"#path": "path"},
                )
            except ClientError as error:
                if error_code(error) != _CONDITION_FAILED:
                    raise
                return False
        return True

    def get(self, path: ObjectPath, version: str) -> Timer | None:
        """Read a timer; None once it has expired and was removed."""
        with told(f"GetItem of the schedule for {path}"):
            answer = self._table.get_item(
                Key={"path": str(path), "version": version}, ConsistentRead=True
            )
        return _timer(answer["Item"]) if "Item" in answer else None


def _timer(item: Any) -> Timer:
    return Timer(
        ObjectPath.parse(item["path"]),
        item["version"],
        item["dataset"],
        datetime.fromtimestamp(int(item["ttl"]), UTC),
    )
