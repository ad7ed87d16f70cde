"""``lakescrub invoke``: one deployed function on a sample event."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from workflow.cli.options import DEFAULT_STACK, Endpoint, Stack, open_workbench
from workflow.cli.output import ExitCode, print_json, say
from workflow.errors import NotFound, UsageError


def invoke(
    function: Annotated[
        str, typer.Argument(metavar="FUNCTION", help="Its name, such as scrub_object.")
    ],
    *,
    event: Annotated[Path, typer.Option(help="A file with the event as JSON; - for stdin.")],
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
) -> None:
    """Run one deployed function on a sample event.

    A notification of S3, or a record of the schedule's stream, is put into a batch as its queue
    or stream would deliver it; a file of tests/events gives its "event".

    lakescrub invoke schedule_objects --event tests/events/s3-put.json
    lakescrub invoke inspect_object --event - < event.json
    """
    from workflow.aws.function_calls import call_function  # noqa: PLC0415 -- boto3 is slow

    payload = _delivered(_event(event), function=_snake_case(function))
    bench = open_workbench(stack, endpoint_url)
    answer = call_function(
        bench.function_client, _deployed(bench.deployment.functions, function), payload
    )
    if answer.failure is not None:
        say(f"{function} failed: {answer.failure.name}: {answer.failure.reason}")
        raise typer.Exit(ExitCode.OTHER)
    print_json(answer.payload)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().replace("-", "_")


def _deployed(functions: dict[str, str], name: str) -> str:
    wanted = _snake_case(name)
    if wanted not in functions:
        raise NotFound(f"there is no function {name!r}; there is {', '.join(sorted(functions))}")
    return functions[wanted]


def _event(file: Path) -> Any:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not UTF-8 text") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file}:{error.lineno}: not JSON: {error.msg}") from None


def _delivered(event: Any, *, function: str) -> Any:
    """Give the event as the function's source delivers it."""
    if isinstance(event, dict) and "event" in event:
        event = event["event"]
    if function == "schedule_objects" and not _is_batch_of(event, "aws:sqs"):
        return {"Records": [_queue_message(event)]}
    if function == "start_runs" and isinstance(event, dict) and "dynamodb" in event:
        return {"Records": [event]}
    return event


def _is_batch_of(event: Any, source: str) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and any(
        isinstance(record, dict) and record.get("eventSource") == source for record in records
    )


def _queue_message(body: object) -> dict[str, Any]:
    return {
        "messageId": "00000000-0000-0000-0000-000000000000",
        "receiptHandle": "by-hand",
        "body": json.dumps(body),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:by-hand",
        "awsRegion": "us-east-1",
    }
