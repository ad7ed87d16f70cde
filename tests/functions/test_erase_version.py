import pytest

from functions.erase_version.handler import handler
from tests.workflow.steps.story import row
from workflow.errors import UnexpectedError
from workflow.transitions import Status


def test_erases_the_upload_and_closes_its_entry(story, payload, context):
    upload = story.upload(row("secret"))
    execution = story.execution(upload)
    inspection = story.inspect(execution)
    scrubbed = story.scrub(execution, inspection)

    event = payload(execution, inspection=inspection.to_event(), scrubbed=scrubbed.to_event())
    result = handler(event, context)

    assert result == {"ending": "processed", "erased": True}
    assert story.bodies() == [row("")]
    assert story.entry(upload).status is Status.PROCESSED


def test_closes_the_entry_of_a_version_that_was_never_scrubbed(story, payload, context):
    upload = story.upload(row("secret"))
    story.upload(row("newer"))
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    result = handler(payload(execution, inspection=inspection.to_event()), context)

    assert result == {"ending": "superseded", "erased": True}


def test_refuses_a_payload_without_an_inspection(story, payload, context):
    upload = story.upload(row("x"))

    with pytest.raises(UnexpectedError, match="KeyError"):
        handler(payload(story.execution(upload)), context)
