"""CheckCatalog: see that Athena finds the object."""

from typing import Any

from workflow.aws.handling import handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import check_catalog


@handled
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Check the catalog for the object of a run."""
    tools = wiring()
    result = check_catalog.run(
        check_catalog.Request.from_event(event),
        catalog=tools.catalog,
        policies=tools.policies,
        now=tools.now(),
    )
    telemetry().say("catalog_checked", **result.to_event())
    if result.table_missing:
        telemetry().count("CatalogTablesMissing")
    return result.to_event()
