"""Each file of tests/events holds an event and what is to be read from it."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from workflow.errors import UsageError
from workflow.events import expired_run, uploads_in
from workflow.messages import ObjectPath, RunInput, Upload

EVENTS = Path(__file__).parents[1] / "events"


def cases(prefix):
    paths = sorted(EVENTS.glob(f"{prefix}*.json"))
    return [pytest.param(json.loads(path.read_text()), id=path.stem) for path in paths]


@pytest.mark.parametrize("case", cases("s3-"))
def test_reads_the_uploads_of_a_message(case):
    expected = tuple(
        Upload(
            path=ObjectPath(upload["bucket"], upload["key"]),
            version=upload["version"],
            sequencer=upload["sequencer"],
            etag=upload["etag"],
            size=upload["size"],
            uploaded_at=datetime.fromisoformat(upload["uploaded_at"]),
        )
        for upload in case["expected_uploads"]
    )

    assert uploads_in(json.dumps(case["event"])) == expected


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"Records": [{}]}', "3", "null"])
def test_refuses_a_message_that_is_no_s3_event_without_quoting_it(body):
    with pytest.raises(UsageError, match=r"^a message of the intake queue is no S3 event$"):
        uploads_in(body)


def test_refuses_a_notification_without_a_size_rather_than_take_the_object_for_empty():
    case = json.loads((EVENTS / "s3-put.json").read_text())
    del case["event"]["Records"][0]["s3"]["object"]["size"]

    with pytest.raises(UsageError):
        uploads_in(json.dumps(case["event"]))


@pytest.mark.parametrize("case", cases("stream-"))
def test_reads_the_run_that_a_stream_record_makes_due(case):
    expected = case["expected_run"] and (
        case["expected_run"]["dataset"],
        RunInput.from_mapping(case["expected_run"]),
    )

    assert expired_run(case["event"]) == expected


def test_refuses_an_expired_item_that_is_none_of_the_schedules():
    record = {
        "eventName": "REMOVE",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {"OldImage": {"path": {"S": "s3://a/b"}}},
    }

    with pytest.raises(UsageError, match="no schedule item"):
        expired_run(record)
