"""RecordRejection: write into the ledger why an object cannot be scrubbed."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import record_rejection


@handled
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Record the rejection of a run."""
    tools = wiring()
    result = record_rejection.run(
        record_rejection.Request.from_event(event), ledger=tools.ledger, now=tools.now()
    )
    telemetry().warn("run_rejected", **result.to_event())
    telemetry().count("RunsRejected")
    return result.to_event()
