"""Error answers in the shape of each protocol, for the faults that tests inject."""

import dataclasses
import json
import uuid

from workflow.local.calls import model

_THROTTLES = {
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "sns": ("Throttled", 400),
    "sqs": ("RequestThrottled", 403),
}

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


@dataclasses.dataclass(frozen=True)
class Fault:
    """An error that a service might answer with."""

    status: int
    code: str
    message: str = "injected"


def throttle(service: str) -> Fault:
    """The way in which a service says "slow down"."""
    code, status = _THROTTLES.get(service, ("ThrottlingException", 400))
    return Fault(status, code, "Rate exceeded")


def answer(service: str, fault: Fault) -> Answer:
    """Write a fault as the service's protocol does."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-requestid": request_id, "x-amz-request-id": request_id}
    protocol = _protocol(service)
    if protocol == "rest-xml":
        headers["content-type"] = "application/xml"
        text = (
            f"<?xml version='1.0'?><Error><Code>{fault.code}</Code>"
            f"<Message>{fault.message}</Message><RequestId>{request_id}</RequestId></Error>"
        )
    elif protocol == "query":
        headers["content-type"] = "text/xml"
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{fault.code}</Code>"
            f"<Message>{fault.message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    else:
        headers |= {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": fault.code}
        if service == "sqs":
            headers["x-amzn-query-error"] = f"{fault.code};Sender"
        text = json.dumps({"__type": fault.code, "message": fault.message})
    body = text.encode()
    headers["content-length"] = str(len(body))
    return fault.status, [(k.encode(), v.encode()) for k, v in headers.items()], body


def _protocol(service: str) -> str:
    try:
        found = model(service).metadata
    except KeyError:
        return "rest-xml"
    if "json" in found.get("protocols", ()):
        return "json"
    protocol: str = found.get("protocol", "json")
    return "query" if protocol == "ec2" else protocol
