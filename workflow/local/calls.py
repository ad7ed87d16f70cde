"""Recognise what an HTTP request asks for: service, operation, resource and parameters.

Services that speak JSON or Query name the operation in the request; for the REST ones it is found
by comparing method, path, query and headers with botocore's own model of the service.
"""

import dataclasses
import functools
import json
import re
import time
import urllib.parse
from collections.abc import Iterable
from typing import Any

import botocore.exceptions
import botocore.session

_BY_TARGET = {
    "AWSEvents": "events",
    "AWSGlue": "glue",
    "AWSStepFunctions": "stepfunctions",
    "AmazonAthena": "athena",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "DynamoDB": "dynamodb",
    "DynamoDBStreams": "dynamodbstreams",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Logs": "logs",
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
}
_BY_SCOPE = {"monitoring": "cloudwatch", "states": "stepfunctions"}
_CREDENTIAL = re.compile(r"Credential=([^/,]+)/[^/]*/[^/]*/([^/,]+)/")
_LABEL = re.compile(r"\\\{(\w+)(\\\+)?\\\}")
_RESOURCE_KEYS = (
    "TableName",
    "stateMachineArn",
    "executionArn",
    "QueueUrl",
    "TopicArn",
    "FunctionName",
    "CrawlerName",
    "DatabaseName",
    "WorkGroup",
    "RoleArn",
    "StreamArn",
    "SecretId",
    "logGroupName",
    "Name",
)


@dataclasses.dataclass
class Call:
    """One request that went through the port."""

    service: str
    operation: str
    resource: str
    params: dict[str, Any]
    headers: dict[str, str]
    access_key: str = ""
    role: str = ""
    """Name of the role whose credentials signed; empty for the account itself."""
    caller: str = ""
    """The role session's name: a function's name, or the execution's for the state machine."""
    status: int | None = None
    at: float = dataclasses.field(default_factory=time.time)


@dataclasses.dataclass(frozen=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    headers: frozenset[str]
    fixed: tuple[tuple[str, str], ...]

    @property
    def rank(self) -> tuple[int, int]:
        """More is more specific."""
        return (len(self.query) + len(self.headers), -len(self.path.groupindex))


@functools.cache
def model(service: str) -> Any:
    """Botocore's model of a service.

    Raises:
        KeyError: Botocore knows no such service.
    """
    try:
        return _session().get_service_model(service)
    except botocore.exceptions.BotoCoreError:
        raise KeyError(service) from None


def needs_body(headers: dict[str, str]) -> bool:
    """Whether the operation, or its parameters, stand in the body."""
    return "x-amz-target" in headers or "urlencoded" in headers.get("content-type", "")


def identify(method: str, path: str, *, query: str, headers: dict[str, str], body: bytes) -> Call:
    """Describe a request; what cannot be recognised has the operation `?`."""
    pairs = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    access_key, service = _signer(headers, pairs)
    operation, params = "?", {}
    if target := headers.get("x-amz-target"):
        prefix, _, operation = target.partition(".")
        service = _BY_TARGET.get(prefix.split("_")[0], service)
        params = _json(body)
    elif body and "urlencoded" in headers.get("content-type", ""):
        params = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))
        operation = params.get("Action", "?")
    elif found := _match(service, method, path, query=pairs, headers=headers):
        operation, params = found[0], {**pairs, **found[1]}
    return Call(
        service=service,
        operation=operation,
        resource=_resource(service, params),
        params=params,
        headers=headers,
        access_key=access_key,
    )


def _signer(headers: dict[str, str], query: dict[str, str]) -> tuple[str, str]:
    """Access key and service of a signature in the header or in the query."""
    if found := _CREDENTIAL.search(headers.get("authorization", "")):
        return found[1], _BY_SCOPE.get(found[2], found[2])
    if "X-Amz-Credential" in query:
        parts = query["X-Amz-Credential"].split("/")
        return parts[0], _BY_SCOPE.get(parts[3], parts[3])
    return query.get("AWSAccessKeyId", ""), "s3"


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _match(
    service: str, method: str, path: str, *, query: dict[str, str], headers: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    best: tuple[_Route, re.Match[str]] | None = None
    for route in _routes(service, method):
        if not _fits(route, query, headers):
            continue
        found = route.path.match(path)
        if found and (best is None or route.rank > best[0].rank):
            best = route, found
    return None if best is None else (best[0].operation, best[1].groupdict())


def _fits(route: _Route, query: dict[str, str], headers: dict[str, str]) -> bool:
    return (
        route.query <= query.keys()
        and route.headers <= headers.keys()
        and all(query[name] == value for name, value in route.fixed)
    )


@functools.cache
def _routes(service: str, method: str) -> tuple[_Route, ...]:
    try:
        found = model(service)
    except KeyError:
        return ()
    operations = (found.operation_model(name) for name in found.operation_names)
    return tuple(
        _route(operation) for operation in operations if operation.http["method"] == method
    )


def _route(operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    shape = operation.input_shape
    required = (
        [shape.members[name].serialization for name in shape.required_members] if shape else []
    )
    pattern = _LABEL.sub(
        lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})", re.escape(path)
    )
    return _Route(
        operation=operation.name,
        method=operation.http["method"],
        path=re.compile(f"^{pattern}/?$"),
        query=frozenset([name for name, _ in pairs] + _located(required, "querystring")),
        headers=frozenset(name.lower() for name in _located(required, "header")),
        fixed=tuple((name, value) for name, value in pairs if value),
    )


def _located(serializations: Iterable[dict[str, str]], place: str) -> list[str]:
    return [found["name"] for found in serializations if found.get("location") == place]


def _resource(service: str, params: dict[str, Any]) -> str:
    if service == "s3":
        key = f"/{params['Key']}" if "Key" in params else ""
        return f"arn:aws:s3:::{params.get('Bucket', '')}{key}"
    if service == "dynamodb" and "TransactItems" in params:
        items = (next(iter(item.values())) for item in params["TransactItems"])
        return ",".join(sorted({item["TableName"] for item in items}))
    if service == "dynamodb" and "RequestItems" in params:
        return ",".join(sorted(params["RequestItems"]))
    return next((str(params[name]) for name in _RESOURCE_KEYS if name in params), "")


@functools.cache
def _session() -> Any:
    return botocore.session.Session()
