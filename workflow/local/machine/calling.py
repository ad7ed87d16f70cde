"""The state machine calls other services through the stack's port, as its own role.

Wrong in moto 5.2.5: it signs with a made-up key that no policy is asked about, makes a new client
for every task, names errors of SDK integrations `glue.CrawlerRunningException` and cannot pass
answers that hold times.
AWS: the execution role's policies decide; errors of `aws-sdk` integrations are
`<Service>.<Error>` with the service's name in the API's case.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import datetime as dt
import sys
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from workflow.local.clients import Clients
from workflow.local.credentials import role_session
from workflow.local.shims.pins import Pin

_SERVICE = "moto.stepfunctions.parser.asl.component.state.exec.state_task.service"
PINS = (
    Pin("moto.stepfunctions.parser.asl.utils.boto_client:boto_client_for", "2c53599692cbcdda"),
    Pin(f"{_SERVICE}.state_task_service:StateTaskService", "82c05372361779cd"),
    Pin(f"{_SERVICE}.state_task_service_aws_sdk:StateTaskServiceAwsSdk", "edb4227c772ed7a3"),
)

_ERROR_NAMES = {
    "athena": "Athena",
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "lambda": "Lambda",
    "s3": "S3",
    "sns": "Sns",
    "sqs": "Sqs",
}


def install(clients: Clients) -> None:
    """Use our clients everywhere and repair the SDK integrations."""
    original = boto_client.boto_client_for

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        del region
        role = getattr(state_credentials, "role_arn", "") or ""
        session = role_session(role, name=_session_name(role)) if role else None
        return clients.get(service, session, patient=False)

    original = getattr(original, "__lakescrub_original__", original)
    client_for.__lakescrub_original__ = original  # type: ignore[attr-defined]
    for module in list(sys.modules.values()):
        found = getattr(module, "boto_client_for", None)
        if found is original or hasattr(found, "__lakescrub_original__"):
            module.boto_client_for = client_for  # type: ignore[attr-defined]
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update(_ERROR_NAMES)
    service = state_task_service.StateTaskService
    service._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES["eventbridge"] = "events"
    sdk = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    if not hasattr(sdk._eval_service_task, "__lakescrub_original__"):
        sdk._eval_service_task = _with_plain_answer(sdk._eval_service_task)


def _session_name(role_arn: str) -> str:
    """On AWS the session is named by the service; one name for each role is enough here."""
    return f"states-{role_arn.rsplit('/', 1)[-1]}"[:64]


def _with_plain_answer(original: Any) -> Any:
    def evaluate(self: Any, env: Any, *args: Any, **kwargs: Any) -> None:
        original(self, env, *args, **kwargs)
        env.stack.append(_plain(env.stack.pop()))

    evaluate.__lakescrub_original__ = original  # type: ignore[attr-defined]
    return evaluate


def _plain(value: Any) -> Any:
    """Times as text and streams as text: an output is JSON."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dt.datetime):
        text = value.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    if hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    return value
