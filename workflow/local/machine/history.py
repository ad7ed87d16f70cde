"""The history and the descriptions of executions as the API shows them.

Wrong in moto 5.2.5: GetExecutionHistory copies the whole history on each call and has no paging;
DescribeExecution and ListExecutions know nothing of redrives; threads of an ended run go on
writing; StopExecution drops error and cause.
Sources: https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
"""

import base64
import binascii
import copy
import datetime as dt
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.responses import StepFunctionResponse

from workflow.local.machine.executions import redrive_status
from workflow.local.shims.pins import Pin

PINS = (
    Pin(
        "moto.stepfunctions.parser.asl.eval.event.event_manager:EventManager.add_event",
        "26e450d7bdaaa595",
    ),
    Pin("moto.stepfunctions.responses:StepFunctionResponse.describe_execution", "bb2cb600f89f6e89"),
    Pin("moto.stepfunctions.responses:StepFunctionResponse.list_executions", "28e46fc66968981f"),
    Pin(
        "moto.stepfunctions.responses:StepFunctionResponse.get_execution_history",
        "04977bdb3b4ded5d",
    ),
    Pin("moto.stepfunctions.responses:StepFunctionResponse.stop_execution", "aea74be37a7886f5"),
)
_PAGE, _LARGEST_PAGE = 100, 1000
_DATA = frozenset({"input", "output", "inputDetails", "outputDetails"})
_LAST = frozenset(
    {
        HistoryEventType.ExecutionAborted,
        HistoryEventType.ExecutionFailed,
        HistoryEventType.ExecutionSucceeded,
        HistoryEventType.ExecutionTimedOut,
    }
)


def install() -> None:
    """Replace the actions; only once in a process."""
    response = StepFunctionResponse
    if hasattr(response, "redrive_execution"):
        return
    response.redrive_execution = _redrive
    for cls, name, replacement in (
        (response, "describe_execution", _describe(response.describe_execution)),
        (response, "list_executions", _list(response.list_executions)),
        (response, "stop_execution", _stop),
        (response, "get_execution_history", _history),
        (EventManager, "add_event", _guarded(EventManager.add_event)),
    ):
        original = getattr(cls, name)
        setattr(replacement, "__lakescrub_original__", original)  # noqa: B010 - for mypy
        setattr(cls, name, replacement)


def _describe(original: Any) -> Any:
    def describe_execution(self: Any) -> Any:
        answer = original(self)
        found = _find(self)
        status, reason = redrive_status(found)
        answer.result.update(_redrives(found), redriveStatus=status)
        if reason:
            answer.result["redriveStatusReason"] = reason
        return answer

    return describe_execution


def _list(original: Any) -> Any:
    def list_executions(self: Any) -> Any:
        answer = original(self)
        wanted = self._get_param("redriveFilter")
        listed = answer.result["executions"]
        for each in listed:
            each.update(
                _redrives(self.stepfunction_backend.describe_execution(each["executionArn"]))
            )
        listed[:] = [
            each
            for each in listed
            if not wanted or (wanted == "REDRIVEN") == (each["redriveCount"] > 0)
        ]
        return answer

    return list_executions


def _find(response: Any) -> Any:
    return response.stepfunction_backend.describe_execution(response._get_param("executionArn"))


def _redrives(found: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"redriveCount": found.redrive_count}
    if found.redrive_date:
        shown["redriveDate"] = found.redrive_date
    if found.stop_date and found.status != "RUNNING":
        shown["stopDate"] = found.stop_date
    return shown


def _redrive(self: Any) -> Any:
    found, token = _find(self), self._get_param("clientToken")
    seen = found.__dict__.setdefault("redrive_tokens", {})
    if token in seen:
        return ActionResult({"redriveDate": seen[token]})
    date = found.redrive()
    if token:
        seen[token] = date
    return ActionResult({"redriveDate": date})


def _stop(self: Any) -> Any:
    found = _find(self)
    now = dt.datetime.now(dt.UTC)
    found.stop(stop_date=now, error=self._get_param("error"), cause=self._get_param("cause"))
    return ActionResult({"stopDate": found.stop_date or now})


def _history(self: Any) -> Any:
    env = _find(self).exec_worker.env
    if env is None:
        return ActionResult({"events": []})
    manager = env.event_manager
    size = min(int(self._get_param("maxResults") or 0) or _PAGE, _LARGEST_PAGE)
    backwards = str(self._get_param("reverseOrder")).lower() == "true"
    with manager._mutex:
        events = manager._history_event_list
        start = _position(self._get_param("nextToken"), len(events) if backwards else 0)
        if backwards:
            page, following = events[max(start - size, 0) : start][::-1], start - size
        else:
            page, following = events[start : start + size], start + size
        more = 0 < following < len(events)
    if str(self._get_param("includeExecutionData")).lower() == "false":
        page = [_without_data(event) for event in page]
    answer: dict[str, Any] = {"events": copy.deepcopy(page)}
    if more:
        answer["nextToken"] = base64.b64encode(str(following).encode()).decode()
    return ActionResult(answer)


def _position(token: str | None, default: int) -> int:
    """A token is a place in the history, so it stays right while events are appended."""
    if not token:
        return default
    try:
        return int(base64.b64decode(token, validate=True))
    except (ValueError, binascii.Error):
        raise InvalidToken(f"Invalid Token: '{token}'") from None


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {k: v for k, v in part.items() if k not in _DATA} if isinstance(part, dict) else part
        for name, part in event.items()
    }


def _guarded(original: Any) -> Any:
    def add_event(self: Any, context: Any, event_type: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "sealed", False):
            return context.source_event_id
        if event_type in _LAST:
            self.sealed = True
        if getattr(context, "skip_entered", False) and event_type.value.endswith("StateEntered"):
            context.skip_entered = False
            return context.source_event_id
        if event_type == HistoryEventType.ExecutionStarted and self._history_event_list:
            count = 1 + sum(
                event["type"] == HistoryEventType.ExecutionRedriven
                for event in self._history_event_list
            )
            details = EventDetails(executionRedrivenEventDetails={"redriveCount": count})
            return original(self, context, HistoryEventType.ExecutionRedriven, details)
        return original(self, context, event_type, *args, **kwargs)

    return add_event
