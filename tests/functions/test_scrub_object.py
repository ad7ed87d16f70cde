import json

import pytest

from functions.scrub_object.handler import handler
from tests.workflow.steps.story import row
from workflow.errors import MalformedData, UnexpectedError

CANARY = "4111111111111111"


def test_scrubs_the_inspected_object(story, payload, context):
    upload = story.upload(row(CANARY))
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    result = handler(payload(execution, inspection=inspection.to_event()), context)

    assert result == {"ending": "processed", "tagged": True}
    assert story.body() == row("")


def test_counts_what_it_did_and_logs_no_content(story, payload, context, capsys):
    upload = story.upload(row(CANARY))
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    handler(payload(execution, inspection=inspection.to_event()), context)

    said = capsys.readouterr().out
    metrics = [json.loads(line) for line in said.splitlines() if "_aws" in line]
    assert metrics[0]["ValuesScrubbed"] == [1]
    assert metrics[0]["ObjectsProcessed"] == [1]
    assert CANARY not in said


def test_counts_fields_that_no_row_has(story, payload, context, capsys):
    upload = story.upload(json.dumps({"Secret": CANARY}).encode())
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    handler(payload(execution, inspection=inspection.to_event()), context)

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["FieldsNowhere"] for line in said if "_aws" in line] == [[1]]
    assert [line["fields"] for line in said if line.get("message") == "fields_nowhere"] == [
        ["secret"]
    ]


def test_leaves_by_the_name_of_the_error(story, payload, context):
    upload = story.upload(b'{"id": ' + CANARY.encode() + b"\n")
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    with pytest.raises(MalformedData, match="row 1") as caught:
        handler(payload(execution, inspection=inspection.to_event()), context)

    assert CANARY not in str(caught.value)


def test_leaks_nothing_of_an_unforeseen_error(story, payload, context, capsys):
    upload = story.upload(row("x"))
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    def explode(_operation):
        raise ValueError(CANARY)

    story.lake.hook = explode

    with pytest.raises(UnexpectedError, match=r"^ValueError at tests/") as caught:
        handler(payload(execution, inspection=inspection.to_event()), context)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    said = capsys.readouterr()
    assert CANARY not in said.out + said.err


def test_refuses_a_payload_without_an_inspection(story, payload, context):
    upload = story.upload(row("x"))

    with pytest.raises(UnexpectedError, match="KeyError"):
        handler(payload(story.execution(upload)), context)
