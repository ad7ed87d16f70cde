import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from workflow.aws.run_history import RunHistory
from workflow.entry import Failure
from workflow.errors import AccessDenied, NotFound, UsageError
from workflow.messages import ObjectPath, RunInput

_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:lakescrub"
_ARN = "arn:aws:states:us-east-1:123456789012:execution:lakescrub:"
_START = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
_INPUT = {"path": "s3://lake/a.json", "version": "v1", "attempt": 1}


def refused(code, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class FakeStates:
    """Answers in pages of two."""

    def __init__(self, names=(), events=(), **execution):
        self.names = list(names)
        self.events = list(events)
        self.execution = execution
        self.error = None
        self.asked = []

    def _page(self, items, token):
        start = int(token or 0)
        more = {"nextToken": str(start + 2)} if start + 2 < len(items) else {}
        return items[start : start + 2], more

    def list_executions(self, *, nextToken=None, **arguments):  # noqa: N803 -- AWS's name
        self.asked.append(arguments)
        page, more = self._page(self.names, nextToken)
        return {"executions": [{"executionArn": _ARN + name} for name in page], **more}

    def get_execution_history(self, *, nextToken=None, **_):  # noqa: N803 -- AWS's name
        page, more = self._page(self.events, nextToken)
        return {"events": page, **more}

    def describe_execution(self, *, executionArn):  # noqa: N803 -- AWS's name
        if self.error:
            raise self.error
        return {
            "executionArn": executionArn,
            "name": executionArn.rpartition(":")[2],
            "status": "SUCCEEDED",
            "input": json.dumps(_INPUT),
            "startDate": _START,
            **self.execution,
        }

    def redrive_execution(self, **_):
        if self.error:
            raise self.error


def event(kind, seconds, state=None):
    told = {"stateEnteredEventDetails": {"name": state}} if state else {}
    return {"type": kind, "timestamp": _START + timedelta(seconds=seconds), **told}


def test_reads_all_pages_of_the_list_as_far_as_wanted():
    history = RunHistory(FakeStates(names="abcde"), _MACHINE)

    assert [run.name for run in history.recent(status=None, limit=9)] == list("abcde")
    assert [run.name for run in history.recent(status=None, limit=3)] == list("abc")


@pytest.mark.parametrize(("status", "more"), [(None, {}), ("FAILED", {"statusFilter": "FAILED"})])
def test_asks_for_one_status_only_where_one_is_named(status, more):
    client = FakeStates()

    RunHistory(client, _MACHINE).recent(status=status, limit=1)

    assert client.asked == [{"stateMachineArn": _MACHINE, **more}]


def test_reads_the_states_passed_with_times_and_tries():
    events = [
        event("ExecutionStarted", 0),
        event("TaskStateEntered", 0, "InspectObject"),
        event("TaskStarted", 0),
        event("TaskFailed", 1),
        event("TaskStarted", 2),
        event("TaskStateExited", 3),
        event("ChoiceStateEntered", 3, "RouteObject"),
        event("ChoiceStateExited", 3),
        event("FailStateEntered", 4, "Rejected"),
        event("ExecutionFailed", 4),
    ]

    states = RunHistory(FakeStates(events=events), _MACHINE).states(_ARN + "a")

    assert [(state.name, state.tries) for state in states] == [
        ("InspectObject", 2),
        ("RouteObject", 0),
        ("Rejected", 0),
    ]
    assert states[0].left_at - states[0].entered_at == timedelta(seconds=3)
    assert states[-1].left_at is None


def test_reads_what_a_run_works_on():
    details = RunHistory(FakeStates(redriveCount=2), _MACHINE).details("a")

    assert details.arn == _ARN + "a"
    assert details.input == RunInput(ObjectPath("lake", "a.json"), "v1", 1)
    assert details.redrives == 2
    assert details.failure is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"path": "a"}', '{"a": 1}'])
def test_takes_a_run_that_somebody_started_with_another_input(text):
    assert RunHistory(FakeStates(input=text), _MACHINE).details("a").input is None


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ('{"errorMessage": "at row 2", "stackTrace": ["x"]}', "at row 2"),
        ("at row 2", "at row 2"),
        ("[1]", "[1]"),
        (None, ""),
    ],
)
def test_tells_the_reason_without_the_stack_trace(cause, reason):
    client = FakeStates(error="MalformedData", cause=cause)

    details = RunHistory(client, _MACHINE).details("a")

    assert details.failure == Failure("MalformedData", reason)


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_tells_that_there_is_no_such_run(code):
    client = FakeStates()
    client.error = refused(code)

    with pytest.raises(NotFound, match="there is no run a"):
        RunHistory(client, _MACHINE).details("a")


def test_tells_why_a_run_cannot_be_redriven():
    client = FakeStates()
    client.error = refused("ExecutionNotRedrivable", "Execution is RUNNING")

    with pytest.raises(UsageError, match="cannot be redriven: Execution is RUNNING"):
        RunHistory(client, _MACHINE).redrive(_ARN + "a")


def test_tells_a_missing_permission_as_such():
    client = FakeStates()
    client.error = refused("AccessDeniedException")

    with pytest.raises(AccessDenied):
        RunHistory(client, _MACHINE).details("a")
