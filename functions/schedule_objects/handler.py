"""schedule_objects: notifications of the intake queue become entries and timers."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import EventType

from workflow.aws.handling import handle_batch, handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.events import uploads_in
from workflow.messages import Upload
from workflow.steps import schedule_objects

if TYPE_CHECKING:
    from workflow.stores import CatalogStore

COUNTERS = {
    schedule_objects.Verdict.SCHEDULED: "ObjectsScheduled",
    schedule_objects.Verdict.ALREADY_SCHEDULED: "NotificationsRepeated",
    schedule_objects.Verdict.OUTSIDE_DATASETS: "ObjectsOutsideDatasets",
    schedule_objects.Verdict.EMPTY: "ObjectsEmpty",
    schedule_objects.Verdict.OWN_WRITE: "OwnWritesSeen",
}


@handled
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Schedule the uploads of a batch of messages."""
    return handle_batch(event, context, _Batch().message, kind=EventType.SQS)


class _Batch:
    """One batch of messages; once the catalog has failed, the rest goes without it."""

    def __init__(self) -> None:
        self._catalog: CatalogStore | None = wiring().hasty_catalog

    def message(self, record: dict[str, Any]) -> None:
        for upload in uploads_in(record["body"]):
            result = self._schedule(upload)
            if result.catalog_failure is not None:
                self._catalog = None
            _report(upload, result)

    def _schedule(self, upload: Upload) -> schedule_objects.Result:
        tools = wiring()
        return schedule_objects.run(
            upload,
            lake=tools.lake,
            ledger=tools.ledger,
            schedule=tools.schedule,
            catalog=self._catalog,
            policies=tools.policies,
            now=tools.now(),
        )


def _report(upload: Upload, result: schedule_objects.Result) -> None:
    telemetry().say(
        "upload_seen",
        path=str(upload.path),
        version=upload.version,
        verdict=result.verdict.value,
    )
    telemetry().count(COUNTERS[result.verdict])
    if result.catalog_failure is not None:
        telemetry().warn("catalog_not_checked", error=result.catalog_failure)
        telemetry().count("CatalogChecksFailed")
    if result.catalog is not None and result.catalog.table_missing:
        telemetry().count("CatalogTablesMissing")
