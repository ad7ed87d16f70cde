import json
from pathlib import Path

from functions.schedule_objects.handler import handler
from workflow.errors import ServiceUnavailable

EVENT = json.loads((Path(__file__).parents[1] / "events" / "s3-many-records.json").read_text())


def messages(*bodies):
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": "r",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:intake",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def test_schedules_every_record_of_every_message(story, context):
    result = handler(messages(EVENT["event"]), context)

    assert result == {"batchItemFailures": []}
    assert {version for _, version in story.schedule.timers} == {"v1", "v2"}


def test_hands_back_only_the_messages_that_failed(story, context, capsys):
    result = handler(messages("secret text", EVENT["event"], "[]"), context)

    assert result == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m2"}]}
    assert len(story.schedule.timers) == 2
    said = capsys.readouterr().out
    assert "no S3 event" in said
    assert "secret text" not in said


def test_hands_back_a_message_whose_upload_could_not_be_scheduled(story, context):
    def explode(_operation):
        raise ValueError("boom")

    story.schedule.hook = explode

    result = handler(messages(EVENT["event"]), context)

    assert result == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_asks_a_catalog_that_fails_once_for_each_batch(story, context):
    asked = []

    def unreachable(operation):
        asked.append(operation)
        raise ServiceUnavailable("GetTable dataset: ConnectTimeoutError")

    story.catalog.hook = unreachable

    result = handler(messages(EVENT["event"]), context)

    assert result == {"batchItemFailures": []}
    assert len(story.schedule.timers) == 2
    assert asked == ["table"]
