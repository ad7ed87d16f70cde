"""One deployed Lambda function, called by hand."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflow.aws.faults import told
from workflow.entry import Failure

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered.

    Attributes:
        payload: Its result; None where it failed.
        failure: Its error; None where it succeeded.
    """

    payload: Any
    failure: Failure | None


def call_function(client: "LambdaClient", function: str, event: object) -> Answer:
    """Run a function on an event and wait for its answer.

    Raises:
        LakescrubError: Lambda refused the call.
    """
    with told(f"Invoke of {function}"):
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
    if not answer.get("FunctionError"):
        return Answer(payload, None)
    return Answer(
        None,
        Failure(str(payload.get("errorType", "")), str(payload.get("errorMessage", ""))),
    )
