"""Requests are authorised under the action and the resources that AWS asks the policies about.

Wrong in ministack 1.5.33: batch operations of SQS are looked up as actions of their own
(`sqs:DeleteMessageBatch`), operations on DynamoDB streams have the resource `*`, a crawler's
name is taken for a table's, and Glue tables are checked on their database only.
AWS: the batch operations need the permission of the single one; stream operations name the
stream; Glue asks for the catalog, the database and the table together.
Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb_streams

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.core.iam_actions:extract_iam_action", "1c5bf4bb74976406"),
    Pin("ministack.core.iam_actions:extract_resource_arn", "4f721b00d35d8a33"),
    Pin("ministack.core.iam_evaluator:enforce", "fcf4e6146835b9b7"),
    Pin("ministack.services.dynamodb_streams:_decode_iterator", "ec7e028c8d449e31"),
)

_BATCH = "Batch"


_Function = Callable[..., Any]


def install() -> None:
    """Wrap the three functions that authorise a request."""
    wrap(iam_actions, "extract_iam_action", _action)
    wrap(iam_actions, "extract_resource_arn", _resource)
    wrap(iam_evaluator, "enforce", _enforce)


def _action(original: _Function) -> _Function:
    def extract_iam_action(service: str, *request: Any) -> str | None:
        found: str | None = original(service, *request)
        return found.removesuffix(_BATCH) if found and service == "sqs" else found

    return extract_iam_action


def _resource(original: _Function) -> _Function:
    def extract_resource_arn(service: str, *request: Any) -> str:
        _, _, headers, body, _, region, account_id = request
        place = f"{region}:{account_id}"
        if service == "dynamodbstreams":
            return _stream(_data(body), place)
        if service == "glue":
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            return f"arn:aws:glue:{place}:{_glue(operation, _data(body))}"
        return str(original(service, *request))

    return extract_resource_arn


def _enforce(original: _Function) -> _Function:
    def enforce(*call: Any, resource_arn: str = "*", **context: Any) -> Any:
        service = call[2]
        for arn in _with_parents(service, resource_arn):
            denied = original(*call, resource_arn=arn, **context)
            if denied is not None:
                return denied
        return None

    return enforce


def _data(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _stream(data: dict[str, Any], place: str) -> str:
    if "StreamArn" in data:
        return str(data["StreamArn"])
    if "ShardIterator" in data:
        decoded = dynamodb_streams._decode_iterator(data["ShardIterator"]) or {}
        return str(decoded.get("arn") or "*")
    return f"arn:aws:dynamodb:{place}:table/{data.get('TableName', '*')}/stream/*"


def _glue(operation: str, data: dict[str, Any]) -> str:
    """The most specific resource of a Glue request."""
    name = data.get("Name") or data.get("CrawlerName") or data.get("JobName")
    for kind in ("Crawler", "Job", "Trigger", "Workflow", "Connection"):
        if kind in operation:
            return f"{kind.lower()}/{name}" if name else "catalog"
    database = data.get("DatabaseName")
    if database is None:
        database = name or (data.get("DatabaseInput") or {}).get("Name")
        return f"database/{database}" if database else "catalog"
    table = data.get("TableName") or name or (data.get("TableInput") or {}).get("Name")
    return f"table/{database}/{table or '*'}"


def _with_parents(service: str, arn: str) -> list[str]:
    """A Glue table is reached through its database and the catalog: all must be allowed."""
    if service != "glue":
        return [arn]
    head, _, resource = arn.rpartition(":")
    kind, *names = resource.split("/")
    if kind == "table":
        return [arn, f"{head}:database/{names[0]}", f"{head}:catalog"]
    return [arn, f"{head}:catalog"] if kind == "database" else [arn]
