"""Query executions: their states, and how the API shows them."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workflow.local.athena.data_types import DataType
from workflow.local.athena.failures import QueryFailed

ENGINE = "Athena engine version 3"
_INTERRUPT_SECONDS = 0.05
FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass
class Execution:
    """One query, from StartQueryExecution on."""

    id: str
    text: str
    kind: str
    database: str
    workgroup: str
    output: str
    parameters: tuple[str, ...]
    submitted: dt.datetime
    substatement: str = "SELECT"
    state: str = "QUEUED"
    failure: QueryFailed | None = None
    completed: dt.datetime | None = None
    columns: tuple[tuple[str, DataType], ...] = ()
    scanned: int = 0
    update_count: int | None = None
    manifest: str | None = None
    interrupt: Callable[[], None] | None = None
    left: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def move(self, state: str, *, at: dt.datetime, failure: QueryFailed | None = None) -> bool:
        """Change the state unless the query has ended; say whether it changed."""
        with self.lock:
            if self.state in FINAL:
                return False
            self.state = state
            self.failure = failure
            if state in FINAL:
                self.completed = at
                self.ended.set()
            return True

    def cancel(self, *, at: dt.datetime) -> None:
        """Cancel, and interrupt the engine until the thread that runs the query has left it."""
        if self.move("CANCELLED", at=at):
            threading.Thread(target=self._interrupt, name="athena-cancel", daemon=True).start()

    def _interrupt(self) -> None:
        # An interrupt that comes before the engine has begun is lost, so it is repeated.
        while not self.left.wait(_INTERRUPT_SECONDS):
            interrupt = self.interrupt
            if interrupt is not None:
                interrupt()

    def describe(self) -> dict[str, Any]:
        """Give what GetQueryExecution shows."""
        shown: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.text,
            "StatementType": self.kind,
            "ManagedQueryResultsConfiguration": {"Enabled": False},
            "ResultConfiguration": {"OutputLocation": self.output},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": {"Database": self.database, "Catalog": "awsdatacatalog"},
            "Status": self._status(),
            "EngineVersion": {
                "SelectedEngineVersion": ENGINE,
                "EffectiveEngineVersion": ENGINE,
            },
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "SubstatementType": self.substatement,
        }
        if self.parameters:
            shown["ExecutionParameters"] = list(self.parameters)
        return shown

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {
            "State": self.state,
            "SubmissionDateTime": self.submitted.timestamp(),
        }
        if self.completed:
            status["CompletionDateTime"] = self.completed.timestamp()
        if self.failure:
            status["StateChangeReason"] = str(self.failure)
            status["AthenaError"] = {
                "ErrorCategory": self.failure.category,
                "ErrorType": 1000 + self.failure.category,
                "Retryable": False,
                "ErrorMessage": str(self.failure),
            }
        return status

    def _statistics(self) -> dict[str, Any]:
        end = self.completed or self.submitted
        total = max(1, int((end - self.submitted).total_seconds() * 1000))
        statistics: dict[str, Any] = {
            "EngineExecutionTimeInMillis": total,
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": total,
            "QueryQueueTimeInMillis": 0,
            "QueryPlanningTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }
        if self.manifest:
            statistics["DataManifestLocation"] = self.manifest
        return statistics
