import json
from pathlib import Path

from functions.start_runs.handler import handler
from workflow.aws.wiring import wiring
from workflow.errors import ServiceUnavailable

EVENTS = Path(__file__).parents[1] / "events"


def record(name, sequence_number="111"):
    event = json.loads((EVENTS / f"stream-{name}.json").read_text())["event"]
    event["dynamodb"]["SequenceNumber"] = sequence_number
    return event


def test_starts_a_run_for_each_expired_timer_and_no_other_removal(story, context):
    records = [record("expired"), record("deleted-by-hand"), record("inserted")]

    result = handler({"Records": records}, context)

    assert result == {"batchItemFailures": []}
    assert [run.version for _, run in wiring().runs.started] == ["v1"]


def test_hands_back_the_record_whose_run_could_not_be_started(story, context):
    def explode(_operation):
        raise ServiceUnavailable("StartExecution")

    wiring().runs.hook = explode

    result = handler({"Records": [record("inserted", "1"), record("expired", "2")]}, context)

    assert result == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_hands_back_a_record_that_is_no_schedule_item(story, context):
    broken = record("expired")
    del broken["dynamodb"]["OldImage"]

    result = handler({"Records": [broken]}, context)

    assert result == {"batchItemFailures": [{"itemIdentifier": "111"}]}
