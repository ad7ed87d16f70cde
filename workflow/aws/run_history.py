"""Executions as an operator looks at them: lists, the states passed, redrives."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.entry import Failure
from workflow.errors import NotFound, UsageError
from workflow.messages import RunInput

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_NO_SUCH_RUN = ("ExecutionDoesNotExist", "InvalidArn", "InvalidName")
_NOT_REDRIVABLE = ("ExecutionNotRedrivable", "ValidationException")


@dataclass(frozen=True, slots=True)
class RunState:
    """One stay in a state of the machine.

    Attributes:
        name: The state.
        entered_at: When the run came there.
        left_at: When it went on; None where it is still there, or ended there.
        tries: How often its task was started; 0 where it has none.
    """

    name: str
    entered_at: datetime
    left_at: datetime | None
    tries: int


@dataclass(frozen=True, slots=True)
class RunDetails:
    """One run.

    Attributes:
        arn: Its ARN.
        name: Its name.
        status: As Step Functions says it: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED.
        input: What it was started with; None where that is none of ours.
        started_at: When it started.
        ended_at: When it ended.
        redrives: How often it was redriven.
        failure: Error name and reason of a run that failed.
    """

    arn: str
    name: str
    status: str
    input: RunInput | None
    started_at: datetime
    ended_at: datetime | None
    redrives: int
    failure: Failure | None


class RunHistory:
    """Reads executions, and redrives them."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        """Use a client and a state machine."""
        self._client = client
        self._state_machine_arn = state_machine_arn

    def recent(self, *, status: str | None, limit: int) -> list[RunDetails]:
        """Read the runs that started last, newest first."""
        return [self.details(arn) for arn in islice(self._arns(status), limit)]

    def details(self, name_or_arn: str) -> RunDetails:
        """Read one run.

        Raises:
            NotFound: There is no such run.
        """
        with told(f"DescribeExecution on {name_or_arn}"):
            try:
                answer: Any = self._client.describe_execution(executionArn=self.arn(name_or_arn))
            except ClientError as error:
                if error_code(error) not in _NO_SUCH_RUN:
                    raise
                answer = None
        if answer is None:
            raise NotFound(f"there is no run {name_or_arn}")
        return _details(answer)

    def states(self, arn: str) -> list[RunState]:
        """Read the states that a run passed, in order."""
        states: list[RunState] = []
        for event in self._events(arn):
            _take(event, states)
        return states

    def redrive(self, arn: str) -> None:
        """Resume a failed run at the state where it failed.

        Raises:
            UsageError: The run cannot be redriven.
        """
        reason = ""
        with told(f"RedriveExecution on {arn}"):
            try:
                self._client.redrive_execution(executionArn=arn)
            except ClientError as error:
                if error_code(error) not in _NOT_REDRIVABLE:
                    raise
                reason = str(error.response.get("Error", {}).get("Message", error_code(error)))
        if reason:
            raise UsageError(f"this run cannot be redriven: {reason}")

    def arn(self, name_or_arn: str) -> str:
        """Give the ARN of a run's name; an ARN stays as it is."""
        if name_or_arn.startswith("arn:"):
            return name_or_arn
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{name_or_arn}"

    def _arns(self, status: str | None) -> Iterator[str]:
        arguments: dict[str, Any] = {"stateMachineArn": self._state_machine_arn}
        if status is not None:
            arguments["statusFilter"] = status
        for page in self._pages("list_executions", **arguments):
            yield from (execution["executionArn"] for execution in page["executions"])

    def _events(self, arn: str) -> Iterator[Mapping[str, Any]]:
        for page in self._pages(
            "get_execution_history", executionArn=arn, includeExecutionData=False
        ):
            yield from page["events"]

    def _pages(self, operation: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            with told(operation):
                page = getattr(self._client, operation)(**arguments)
            yield page
            if not page.get("nextToken"):
                return
            arguments["nextToken"] = page["nextToken"]


def _take(event: Mapping[str, Any], states: list[RunState]) -> None:
    """Add what one event tells to the states so far."""
    kind, at = event["type"], event["timestamp"]
    if kind.endswith("StateEntered"):
        states.append(RunState(event["stateEnteredEventDetails"]["name"], at, None, 0))
    elif not states:
        return
    elif kind.endswith("StateExited"):
        last = states[-1]
        states[-1] = RunState(last.name, last.entered_at, at, last.tries)
    elif kind in ("TaskStarted", "LambdaFunctionStarted"):
        last = states[-1]
        states[-1] = RunState(last.name, last.entered_at, last.left_at, last.tries + 1)


def _details(answer: Mapping[str, Any]) -> RunDetails:
    return RunDetails(
        arn=answer["executionArn"],
        name=answer["name"],
        status=answer["status"],
        input=_input(answer.get("input")),
        started_at=answer["startDate"],
        ended_at=answer.get("stopDate"),
        redrives=int(answer.get("redriveCount") or 0),
        failure=_failure(answer),
    )


def _input(text: str | None) -> RunInput | None:
    try:
        return RunInput.from_mapping(json.loads(text or ""))
    except (ValueError, UsageError):
        return None


def _failure(answer: Mapping[str, Any]) -> Failure | None:
    if not answer.get("error"):
        return None
    cause = answer.get("cause") or ""
    with suppress(ValueError, KeyError, TypeError):
        # Lambda's own form, with a stack trace that says nothing to an operator.
        cause = str(json.loads(cause)["errorMessage"])
    return Failure(answer["error"], cause)
