"""ScrubObject: scrub the inspected bytes and write them in place."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.scrub.native.library import load as native_core
from workflow.steps import scrub_object


@handled
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Scrub the object of a run."""
    request = scrub_object.Request.from_event(event)
    tools = wiring()
    result = scrub_object.run(
        request,
        lake=tools.lake,
        ledger=tools.ledger,
        policies=tools.policies,
        keys=lambda: tools.keys,
        versions_needed=tools.versions_needed,
    )
    _report(result)
    return result.to_event()


def _report(result: scrub_object.Result) -> None:
    telemetry().say(
        "object_scrubbed",
        ending=result.ending.value,
        tagged=result.tagged,
        native_core=native_core() is not None,
    )
    telemetry().count(f"Objects{result.ending.value.capitalize()}")
    if result.report is None:
        return
    telemetry().measure_bytes("BytesScrubbed", result.report.bytes_in)
    telemetry().count("ValuesScrubbed", sum(rule.changed for rule in result.report.rules))
    if nowhere := result.report.fields_nowhere:
        # Fine where files differ; where a name is misspelled, the values stay.
        telemetry().warn("fields_nowhere", fields=nowhere)
        telemetry().count("FieldsNowhere", len(nowhere))
    if not result.tagged:
        telemetry().count("ObjectsUntagged")
