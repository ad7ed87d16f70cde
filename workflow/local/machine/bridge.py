"""Answer the Step Functions API with moto's interpreter instead of ministack's engine.

Wrong in ministack 1.5.33's engine: MaxDelaySeconds, JitterStrategy and the machine's
TimeoutSeconds are ignored, the history is thin, there is no redrive. moto 5.2.5 has the
interpreter that LocalStack checked against AWS. The request stays ministack's until its handler
is called, so that signatures and the caller's policies are checked as for any other service.
"""

import asyncio
import json
import threading
from typing import Any

import ministack.app
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.config import default_user_config
from moto.core.request import normalize_request
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from workflow.local.shims.pins import Pin

PINS = (
    Pin(
        "ministack.services.cloudformation.provisioners:_sfn_state_machine_create",
        "915b709efa13a2fc",
    ),
    Pin(
        "ministack.services.cloudformation.provisioners:_sfn_state_machine_update",
        "297c1f6c12823fb9",
    ),
    Pin(
        "ministack.services.cloudformation.provisioners:_sfn_state_machine_delete",
        "84549b905a7eb697",
    ),
    Pin("ministack.services.stepfunctions:_start_execution", "9f822bb4f8f206c2"),
    Pin("ministack.app:_dispatch_service_request", "532b4704a6c4be88"),
    Pin("moto.core.request:normalize_request", "3d086f1499df3771"),
)

Answer = tuple[int, dict[str, str], bytes]
_TYPE = "AWS::StepFunctions::StateMachine"
_START = threading.Lock()


def install(*, region: str) -> None:
    """Route the API, the template's state machines and the targets of rules to moto."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        del method, path, query
        return await asyncio.to_thread(_dispatch, headers, body)

    def start(data: dict[str, Any]) -> Answer:
        headers = {"x-amz-target": "AWSStepFunctions.StartExecution"}
        return _dispatch(headers, json.dumps(data).encode(), region=region)

    ministack.app.SERVICE_HANDLERS["states"] = handle
    stepfunctions._start_execution = start
    stepfunctions._resolve_state_machine_arn = lambda arn: arn
    provisioners._RESOURCE_HANDLERS[_TYPE] = _provisioner(region)


def reset() -> None:
    """Forget every machine and execution."""
    stepfunctions_parser_backends.reset()


def _dispatch(headers: dict[str, str], body: bytes, *, region: str = "us-east-1") -> Answer:
    sent = HTTPHeaders()
    for name, value in headers.items():
        sent[name] = value
    sent["Host"] = f"states.{region}.amazonaws.com"
    request = normalize_request(
        AWSPreparedRequest("POST", f"https://{sent['Host']}/", sent, body, stream_output=False)
    )
    serial = headers.get("x-amz-target", "").endswith(".StartExecution")
    with _START if serial else threading.Lock():
        status, answered, text = StepFunctionResponse.dispatch(
            request, request.raw_url, request.headers
        )
    encoded = text.encode() if isinstance(text, str) else text
    return status, {name: str(value) for name, value in answered.items()}, encoded


def _provisioner(region: str) -> dict[str, Any]:
    """Ministack's own provisioner with a twin of each machine in moto's store."""
    original = dict(provisioners._RESOURCE_HANDLERS[_TYPE])
    backend = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][region]

    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        arn, attributes = original["create"](logical_id, props, stack_name)
        backend.create_state_machine(
            name=attributes["Name"], **_settings(props, tags=provisioners._sfn_tags(props))
        )
        return arn, attributes

    def update(
        physical_id: str,
        old: dict[str, Any],
        new: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
    ) -> Any:
        answer = original["update"](physical_id, old, new, stack_name, logical_id)
        chosen = _settings(new, tags=[])
        backend.update_state_machine(
            physical_id, definition=chosen["definition"], role_arn=chosen["roleArn"]
        )
        return answer

    def delete(physical_id: str, props: dict[str, Any]) -> None:
        original["delete"](physical_id, props)
        backend.delete_state_machine(physical_id)

    return {**original, "create": create, "update": update, "delete": delete}


def _settings(props: dict[str, Any], *, tags: list[dict[str, str]]) -> dict[str, Any]:
    """A template's properties as the arguments of CreateStateMachine."""
    tracing = props.get("TracingConfiguration") or {}
    logging = props.get("LoggingConfiguration") or {}
    return {
        "definition": provisioners._sfn_definition(props),
        "roleArn": props.get("RoleArn", ""),
        "tags": tags,
        "sm_type": props.get("StateMachineType", "STANDARD"),
        "tracingConfiguration": {"enabled": bool(tracing.get("Enabled"))},
        "loggingConfiguration": _logging(logging),
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }


def _logging(props: dict[str, Any]) -> dict[str, Any]:
    return {
        "level": props.get("Level", "OFF"),
        "includeExecutionData": bool(props.get("IncludeExecutionData", False)),
        "destinations": [
            {
                "cloudWatchLogsLogGroup": {
                    "logGroupArn": destination["CloudWatchLogsLogGroup"]["LogGroupArn"]
                }
            }
            for destination in props.get("Destinations", [])
        ],
    }
