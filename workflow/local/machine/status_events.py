"""Tell EventBridge about each change of an execution's status.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
(source `aws.states`, detail type `Step Functions Execution Status Change`).
"""

import datetime as dt
import json
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from workflow.local.shims.pins import Pin

PINS = (Pin("ministack.services.eventbridge:_put_events", "4d085f1e95d32f94"),)
_SHOWN_AT_MOST = 248 * 1024


def publish(execution: Any) -> None:
    """Send the event to the default bus, in the name of the service."""
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(_detail(execution)),
        "Resources": [execution.exec_arn],
    }
    with request_scope(execution.account_id, execution.region_name):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _detail(execution: Any) -> dict[str, Any]:
    from workflow.local.machine.executions import redrive_status

    status = execution.exec_status.value
    redrivable, reason = redrive_status(execution)
    given = to_json_str(execution.input_data, separators=(",", ":"))
    output = None
    if status == "SUCCEEDED":
        output = to_json_str(execution.output, separators=(",", ":"))
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": status,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": _short(given),
        "inputDetails": {"included": _short(given) is not None},
        "output": _short(output),
        "outputDetails": None if output is None else {"included": _short(output) is not None},
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": execution.redrive_count,
        "redriveDate": _milliseconds(execution.redrive_date),
        "redriveStatus": redrivable,
        "redriveStatusReason": reason,
        "error": execution.error,
        "cause": execution.cause,
    }


def _short(text: str | None) -> str | None:
    return text if text is not None and len(text) <= _SHOWN_AT_MOST else None


def _milliseconds(moment: dt.datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
