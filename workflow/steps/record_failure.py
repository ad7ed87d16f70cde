"""record_failure: write into the ledger that an execution failed, timed out or was aborted.

The news comes from outside the execution, late, twice or out of order. What the run itself has
recorded, and what a redrive or a replay has recorded since, stands further in the status table, so
that this write is then ignored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from workflow import errors
from workflow.entry import Entry, Failure
from workflow.errors import UsageError
from workflow.messages import RunInput
from workflow.stores import LedgerStore, RunStarter
from workflow.transitions import ENDINGS, Status

FAILURES = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


@dataclass(frozen=True, slots=True)
class Request:
    """The execution that an EventBridge event tells of."""

    execution_arn: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read an "Execution Status Change" event.

        Raises:
            UsageError: The event is none.
        """
        try:
            return cls(str(event["detail"]["executionArn"]))
        except (KeyError, TypeError):
            raise UsageError("the event tells of no execution") from None


@dataclass(frozen=True, slots=True)
class Result:
    """What was found and whether it was written."""

    status: str
    failure: Failure | None
    recorded: bool

    def to_event(self) -> dict[str, Any]:
        """Give the function's result."""
        return {
            "status": self.status,
            "error": self.failure.name if self.failure else None,
            "recorded": self.recorded,
        }


def run(request: Request, *, ledger: LedgerStore, runs: RunStarter, now: datetime) -> Result:
    """Record the failure of an execution as it is now, not as the event told it.

    Raises:
        LakescrubError: A store failed: the event must be delivered again.
    """
    execution = runs.describe(request.execution_arn)
    status = str(execution["status"])
    if status not in FAILURES:
        # Redriven meanwhile.
        return Result(status, failure=None, recorded=False)
    failure = Failure(str(execution.get("error") or status), _reason(execution))
    run_input = _run_input(execution)
    recorded = run_input is not None and _record(
        failure, execution, run_input, ledger=ledger, now=now
    )
    return Result(status, failure=failure, recorded=recorded)


def _run_input(execution: Mapping[str, Any]) -> RunInput | None:
    """Read the run; None where somebody started the execution with something else."""
    try:
        return RunInput.from_mapping(json.loads(execution["input"]))
    except UsageError:
        return None


def _record(
    failure: Failure,
    execution: Mapping[str, Any],
    run_input: RunInput,
    *,
    ledger: LedgerStore,
    now: datetime,
) -> bool:
    entry = ledger.get(run_input.path, run_input.version)
    if entry is None:
        return False
    arn = str(execution["executionArn"])
    claimed = entry.execution == arn
    if not (_is_open(entry) if claimed else _is_unclaimed(entry, run_input)):
        return False
    failed = replace(
        entry,
        status=Status.FAILED,
        attempt=entry.attempt if claimed else run_input.attempt,
        execution=arn,
        redrive=int(execution.get("redriveCount") or 0),
        failure=failure,
        ended_at=now,
    )
    return failed.position > entry.position and ledger.advance(entry, failed)


def _is_open(entry: Entry) -> bool:
    """Say whether the run has recorded no ending yet.

    One that has may still fail, at the catalog or as the end of a rejection, and be redriven: its
    redrive count then is higher than the ending's, and yet has nothing to say of the version.
    """
    return entry.status not in ENDINGS


def _is_unclaimed(entry: Entry, run: RunInput) -> bool:
    """Say whether the run failed before it could take the version up."""
    if entry.status is Status.PENDING:
        return entry.attempt <= run.attempt
    return entry.status is not Status.RUNNING and entry.attempt < run.attempt


def _reason(execution: Mapping[str, Any]) -> str:
    """Give the reason where its text is ours; other texts may quote anything."""
    name = execution.get("error")
    if not isinstance(vars(errors).get(str(name)), type):
        return f"the execution ended {execution['status']}"
    try:
        return str(json.loads(execution["cause"])["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return f"the execution ended {execution['status']}"
