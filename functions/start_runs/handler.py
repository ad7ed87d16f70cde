"""start_runs: timers that expired become executions of the state machine."""

from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from workflow.aws.handling import handle_batch, handled
from workflow.aws.telemetry import telemetry
from workflow.aws.wiring import wiring
from workflow.steps import start_runs


@handled
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Start the runs that a batch of stream records makes due."""
    return handle_batch(event, context, _record, kind=EventType.DynamoDBStreams)


def _record(record: Any) -> None:
    # powertools wraps stream records; the step reads the plain record.
    result = start_runs.run(getattr(record, "raw_event", record), runs=wiring().runs)
    if result.run is None:
        telemetry().count("RemovalsIgnored")
        return
    telemetry().say(
        "run_due",
        path=str(result.run.path),
        version=result.run.version,
        started=result.started,
    )
    telemetry().count("RunsStarted" if result.started else "RunsAlreadyStarted")
