"""Invoke a mapping's function and read what its answer says about the batch."""

import dataclasses
import json
from typing import Any

from botocore.exceptions import ClientError

_THROTTLES = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})


@dataclasses.dataclass(frozen=True)
class Answer:
    """The outcome of one batch."""

    error: bool = False
    throttled: bool = False
    failed: frozenset[str] | None = frozenset()
    """Identifiers that the function reported as failed; None: it reported the whole batch."""


def invoke(client: Any, mapping: dict[str, Any], event: dict[str, Any]) -> Answer:
    """Send one batch to the function and wait for its answer."""
    try:
        answer = client.invoke(
            FunctionName=mapping["FunctionArn"], Payload=json.dumps(event).encode()
        )
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        return Answer(error=True, throttled=code in _THROTTLES)
    body = answer["Payload"].read()
    if "FunctionError" in answer:
        return Answer(error=True)
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return Answer()
    return _partial(json.loads(body or b"null"))


def _partial(result: object) -> Answer:
    """Read `batchItemFailures`; a list that makes no sense fails the whole batch, as on AWS.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if result is None:
        return Answer()
    if not isinstance(result, dict):
        return Answer(failed=None)
    listed = result.get("batchItemFailures") or []
    if not isinstance(listed, list):
        return Answer(failed=None)
    names = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in listed]
    if not all(isinstance(name, str) and name for name in names):
        return Answer(failed=None)
    return Answer(failed=frozenset(names))  # type: ignore[arg-type]
