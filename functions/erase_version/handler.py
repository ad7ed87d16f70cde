"""EraseVersion: delete the run's own version and close its entry."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import erase_version


@handled
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Erase the version of a run and close its entry."""
    request = erase_version.Request.from_event(event)
    tools = wiring()
    result = erase_version.run(
        request, lake=tools.lake, ledger=tools.ledger, policies=tools.policies, now=tools.now()
    )
    telemetry().say("version_closed", ending=result.ending.value, erased=result.erased)
    telemetry().count("VersionsErased", int(result.erased))
    return result.to_event()
