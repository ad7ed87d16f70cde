"""Executions as AWS keeps them: redriven, stopped at once, reported to EventBridge.

Wrong in moto 5.2.5: there is no RedriveExecution; StopExecution shows ABORTED only when the
running task returns; a time-out is written to the history late; an execution without a name is
called "None"; status changes reach nobody; every execution parses its definition again.
Sources: https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import datetime as dt
import functools
import threading
import time
import uuid
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import models
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend import execution, execution_worker

from workflow.local.clock import CLOCK
from workflow.local.machine.checkpoints import Checkpoint
from workflow.local.machine.status_events import publish
from workflow.local.shims.pins import Pin

_BACKEND = "moto.stepfunctions.parser.backend"
PINS = (
    Pin(f"{_BACKEND}.execution:Execution", "846b6902ac78ed98"),
    Pin(f"{_BACKEND}.execution:BaseExecutionWorkerCommunication", "35b72dd61785df39"),
    Pin(f"{_BACKEND}.execution_worker:ExecutionWorker", "4c3ac97f1223e850"),
    Pin(
        "moto.stepfunctions.parser.models:StepFunctionsParserBackend.start_execution",
        "6a91721c5baed9d4",
    ),
    Pin(
        "moto.stepfunctions.parser.asl.parse.asl_parser:AmazonStateLanguageParser",
        "ce154501fe3dc63b",
    ),
)
_LOCK = threading.RLock()
_REDRIVABLE = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED)
_DEFINITIONS = 64
_START_SECONDS, _NAP = 5.0, 0.005


class ExecutionNotRedrivable(AWSError):  # type: ignore[misc]
    """The execution runs or has succeeded."""

    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


class _Forgetful(list):  # type: ignore[type-arg]
    """moto keeps each thread that it ever started in a list."""

    def append(self, _item: object) -> None:
        """Keep nothing."""


def install() -> None:
    """Patch moto's executions; only once in a process."""
    if hasattr(execution.Execution, "redrive"):
        return
    cls = execution.Execution
    cls.redrive_count, cls.redrive_date, cls.earlier_events = 0, None, None
    cls.redrive, cls.stop = redrive, _stop
    started = cls.start

    def start(self: Any) -> None:
        started(self)
        publish(self)

    cls.start = start
    execution_worker.TMP_THREADS = _Forgetful()
    _patch_communication()
    _patch_environment()
    _patch_backend()
    parse = AmazonStateLanguageParser.parse
    AmazonStateLanguageParser.parse = staticmethod(functools.lru_cache(_DEFINITIONS)(parse))


def redrive_status(found: Any) -> tuple[str, str | None]:
    """Whether an execution can be redriven, and why not."""
    status = found.exec_status
    if found.sm_type == "EXPRESS":
        return "NOT_REDRIVABLE", "EXPRESS executions cannot be redriven"
    if status in _REDRIVABLE:
        return "REDRIVABLE", None
    return "NOT_REDRIVABLE", f"Execution is {status.value} and cannot be redriven"


def redrive(self: Any) -> dt.datetime:
    """Run on from where the execution failed, as the same execution.

    Raises:
        ExecutionNotRedrivable: It runs, or it has succeeded.
    """
    with _LOCK:
        status, reason = redrive_status(self)
        if status != "REDRIVABLE":
            raise ExecutionNotRedrivable(reason)
        before = self.exec_worker
        self.earlier_events = before.env.event_manager
        self.redrive_count += 1
        self.redrive_date = dt.datetime.now(dt.UTC)
        self.stop_date = self.error = self.cause = self.output = None
        worker = self._get_start_execution_worker()
        worker.env = before.env  # the history stays readable until the new one is in place
        self.exec_worker = worker
        self.exec_status = ExecutionStatus.RUNNING
    publish(self)
    worker.start()
    date: dt.datetime = self.redrive_date
    return date


def _stop(self: Any, stop_date: dt.datetime, error: str | None, cause: str | None) -> None:
    """Be ABORTED at once; what still runs can no longer change that."""
    with _LOCK:
        if self.exec_status != ExecutionStatus.RUNNING:
            return
        _await_environment(self)
        self.exec_worker.stop(stop_date=stop_date, error=error, cause=cause)
        self.error, self.cause = error or None, cause or None
        _close(self, ExecutionStatus.ABORTED)
    CLOCK.wake()
    publish(self)


def _await_environment(found: Any) -> None:
    """An execution's thread makes its environment a moment after StartExecution has answered."""
    deadline = time.monotonic() + _START_SECONDS
    while found.exec_worker.env is None and time.monotonic() < deadline:
        time.sleep(_NAP)


def _close(found: Any, status: ExecutionStatus) -> None:
    """Write the last event of a run that did not end by itself."""
    kinds = {
        ExecutionStatus.ABORTED: (
            HistoryEventType.ExecutionAborted,
            {"error": found.error, "cause": found.cause},
        ),
        ExecutionStatus.TIMED_OUT: (HistoryEventType.ExecutionTimedOut, {}),
    }
    kind, details = kinds[status]
    name = f"{kind.value[0].lower()}{kind.value[1:]}EventDetails"
    shown = {key: value for key, value in details.items() if value}
    env = found.exec_worker.env
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=kind,
        event_details=EventDetails(**{name: shown}),
    )
    found.exec_status = status
    found.stop_date = dt.datetime.now(dt.UTC)


def _patch_communication() -> None:
    cls = execution.BaseExecutionWorkerCommunication
    original = cls.terminated

    def terminated(self: Any) -> None:
        found = self.execution
        with _LOCK:
            worker_ended = found.exec_status != ExecutionStatus.RUNNING
            if worker_ended or getattr(self, "worker", None) not in (None, found.exec_worker):
                return  # stopped already, or a thread of a run before the redrive
            state = found.exec_worker.env.program_state()
            if isinstance(state, ProgramTimedOut):
                _close(found, ExecutionStatus.TIMED_OUT)
            elif not isinstance(state, ProgramStopped):
                original(self)
        publish(found)

    cls.terminated = terminated


def _patch_environment() -> None:
    """Give each run its checkpoints, its earlier history and what `$$.Execution` shows."""
    cls = execution_worker.ExecutionWorker
    original = cls._get_evaluation_environment

    def environment(self: Any) -> Any:
        env = original(self)
        self._execution_communication.worker = self
        found = self._execution_communication.execution
        earlier = found.earlier_events
        known = getattr(found, "checkpoint", None)
        env._checkpoint = found.checkpoint = known.fork() if earlier and known else Checkpoint()
        shown = env.states.context_object.context_object_data["Execution"]
        shown["StartTime"] = _moment(found.start_date)
        if earlier is not None:
            _continue_history(env, earlier)
            shown["RedriveCount"] = found.redrive_count
            shown["RedriveTime"] = _moment(found.redrive_date)
        return env

    cls._get_evaluation_environment = environment


def _continue_history(env: Any, earlier: Any) -> None:
    with earlier._mutex:
        events = list(earlier._history_event_list)
    env.event_manager._history_event_list = events
    env.event_manager._event_id_gen._next_id = len(events) + 1
    context = env.event_history_context
    context.source_event_id = context.last_published_event_id = len(events)


def _patch_backend() -> None:
    cls = models.StepFunctionsParserBackend
    original = cls.start_execution

    def start_execution(self: Any, arn: str, name: str | None = None, *rest: Any) -> Any:
        return original(self, arn, name or str(uuid.uuid4()), *rest)

    cls.start_execution = start_execution


def _moment(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
