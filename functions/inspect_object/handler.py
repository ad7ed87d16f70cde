"""InspectObject: claim the entry, look at the object, decide."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import inspect_object


@handled
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Inspect the object of a run."""
    request = inspect_object.Request.from_event(event)
    tools = wiring()
    found = inspect_object.run(
        request,
        lake=tools.lake,
        ledger=tools.ledger,
        policies=tools.policies,
        now=tools.now(),
        versions_needed=tools.versions_needed,
    )
    telemetry().say("object_inspected", decision=found.decision.value, attempt=found.attempt)
    return found.to_event()
