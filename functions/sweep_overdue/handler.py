"""sweep_overdue: once a minute, start what its timer should have started."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.ledger import SHARDS
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import sweep_overdue

FAILURES_TOLD = 10


@handled
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Sweep once."""
    tools = wiring()
    result = sweep_overdue.run(
        ledger=tools.ledger,
        runs=tools.runs,
        lake=tools.lake,
        policies=tools.policies,
        shards=SHARDS,
        now=tools.now(),
    )
    lateness = result.lateness.total_seconds()
    telemetry().say("swept", overdue=result.overdue, started=result.started, lateness_s=lateness)
    telemetry().count("ObjectsOverdue", result.overdue)
    telemetry().count("RunsStartedLate", result.started)
    telemetry().count("VersionsErasedLate", result.erased)
    telemetry().count("SweepFailures", len(result.failures))
    for failure in result.failures[:FAILURES_TOLD]:
        telemetry().warn("sweep_failed", error=type(failure).__name__, reason=str(failure))
    telemetry().measure_seconds("Lateness", lateness)
    return {"overdue": result.overdue, "started": result.started, "erased": result.erased}
