import json

import pytest

from functions.record_rejection.handler import handler
from tests.workflow.steps.story import row
from workflow.errors import UnexpectedError
from workflow.transitions import Status


def test_writes_the_error_and_its_own_text_into_the_ledger(story, payload, context):
    upload = story.upload(row("secret"))
    execution = story.execution(upload)
    story.inspect(execution)
    cause = {"errorMessage": "not JSON at row 2, byte offset 17", "errorType": "MalformedData"}

    caught = {"Error": "MalformedData", "Cause": json.dumps(cause)}
    result = handler(payload(execution, caught=caught), context)

    entry = story.entry(upload)
    assert result == {"error": "MalformedData", "reason": "not JSON at row 2, byte offset 17"}
    assert entry.status is Status.REJECTED
    assert entry.failure.name == "MalformedData"
    assert entry.failure.reason == "not JSON at row 2, byte offset 17"


def test_rejects_a_version_that_the_ledger_does_not_know(story, payload, context):
    upload = story.upload(row("secret"))
    story.ledger.entries.clear()

    result = handler(payload(story.execution(upload), caught={"Error": "UnknownVersion"}), context)

    assert result == {"error": "UnknownVersion", "reason": "no reason was given"}


def test_refuses_a_payload_without_an_error(story, payload, context):
    upload = story.upload(row("secret"))

    with pytest.raises(UnexpectedError, match="KeyError"):
        handler(payload(story.execution(upload)), context)
