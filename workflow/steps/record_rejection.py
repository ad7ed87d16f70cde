"""RecordRejection: write into the ledger why an object cannot be scrubbed as it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from workflow.entry import Failure
from workflow.execution import Execution
from workflow.stores import LedgerStore
from workflow.transitions import Status


@dataclass(frozen=True, slots=True)
class Request:
    """The Task's payload.

    Attributes:
        execution: The run.
        failure: The error that was caught, without content of the object.
    """

    execution: Execution
    failure: Failure

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the payload."""
        caught = event["state"]["caught"]
        return cls(
            Execution.from_context(event["execution"]),
            Failure(caught["Error"], _reason(caught.get("Cause", ""))),
        )


@dataclass(frozen=True, slots=True)
class Result:
    """The error and its reason, as the execution ends with them."""

    failure: Failure

    def to_event(self) -> dict[str, Any]:
        """Give the Task's result."""
        return {"error": self.failure.name, "reason": self.failure.reason}


def run(request: Request, *, ledger: LedgerStore, now: datetime) -> Result:
    """Record the rejection; a version that the ledger does not know has nothing to record in.

    Raises:
        LakescrubError: The ledger failed.
    """
    execution = request.execution
    entry = ledger.get(execution.path, execution.version)
    if entry is not None and entry.execution == execution.arn:
        rejected = replace(
            entry,
            status=Status.REJECTED,
            redrive=execution.redrive,
            failure=request.failure,
            ended_at=now,
        )
        ledger.advance(entry, rejected)
    return Result(request.failure)


def _reason(cause: str) -> str:
    """Give the error's own text out of the cause that Lambda made of it."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return "no reason was given"
