"""record_failure: executions that failed are written into the ledger."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import record_failure


@handled
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Record the failure that an event tells of."""
    tools = wiring()
    result = record_failure.run(
        record_failure.Request.from_event(event),
        ledger=tools.ledger,
        runs=tools.runs,
        now=tools.now(),
    )
    telemetry().warn("run_failed", **result.to_event())
    telemetry().count("RunsFailed", int(result.recorded))
    return result.to_event()
