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
from workflow.transitions import Status

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
    run_input = RunInput.from_mapping(json.loads(execution["input"]))
    entry = ledger.get(run_input.path, run_input.version)
    recorded = entry is not None and _record(
        entry, failure, execution, run_input, ledger=ledger, now=now
    )
    return Result(status, failure=failure, recorded=recorded)


def _record(
    entry: Entry,
    failure: Failure,
    execution: Mapping[str, Any],
    run_input: RunInput,
    *,
    ledger: LedgerStore,
    now: datetime,
) -> bool:
    arn = str(execution["executionArn"])
    claimed = entry.execution == arn
    unclaimed = entry.status is Status.PENDING and entry.attempt == run_input.attempt
    if not claimed and not unclaimed:
        return False
    failed = replace(
        entry,
        status=Status.FAILED,
        execution=arn,
        redrive=int(execution.get("redriveCount") or 0),
        failure=failure,
        ended_at=now,
    )
    return failed.position > entry.position and ledger.advance(entry, failed)


def _reason(execution: Mapping[str, Any]) -> str:
    """Give the reason where its text is ours; other texts may quote anything."""
    name = execution.get("error")
    if not isinstance(vars(errors).get(str(name)), type):
        return f"the execution ended {execution['status']}"
    try:
        return str(json.loads(execution["cause"])["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return f"the execution ended {execution['status']}"
