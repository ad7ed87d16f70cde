"""What all handlers share: the error boundary, the log's names, batches with partial failures."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from workflow.aws.telemetry import telemetry
from workflow.boundary import within_boundary

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def handled(handler: Handler) -> Handler:
    """Put a handler inside the boundary that only safe errors leave."""

    @wraps(handler)
    def wrapped(event: dict[str, Any], context: Any) -> dict[str, Any]:
        telemetry().begin(context)
        try:
            telemetry().about(_names(event))
            return handler(event, context)
        finally:
            telemetry().end()

    return within_boundary(wrapped)


def _names(event: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a Task's payload says of its run; batches of records say nothing."""
    run = event.get("execution", {})
    given = run.get("Input") or {}
    names = {"execution": run.get("Id"), "path": given.get("path"), "version": given.get("version")}
    return {name: value for name, value in names.items() if value is not None}


def handle_batch(
    event: dict[str, Any],
    context: Any,
    record_handler: Callable[[dict[str, Any]], None],
    *,
    kind: EventType,
) -> dict[str, Any]:
    """Handle each record of a batch, and say which ones are to be delivered again."""
    safe_handler = within_boundary(record_handler)

    def safely(record: dict[str, Any]) -> None:
        try:
            safe_handler(record)
        except Exception as error:
            telemetry().warn("record_failed", error=type(error).__name__, reason=str(error))
            telemetry().count("RecordsFailed")
            raise

    processor = BatchProcessor(event_type=kind, raise_on_entire_batch_failure=False)
    return dict(
        process_partial_response(
            event=event, record_handler=safely, processor=processor, context=context
        )
    )
