import pytest

from functions.inspect_object.handler import handler
from tests.workflow.steps.story import row
from workflow.errors import UsageError


def test_tells_what_to_do_with_the_object(story, payload, context):
    upload = story.upload(row("secret"))

    result = handler(payload(story.execution(upload)), context)

    assert result["decision"] == "scrub"
    assert result["source_version"] == upload.version
    assert result["if_match"] == upload.etag


def test_refuses_an_input_that_is_no_runs(story, context):
    event = {"execution": {"Id": "arn", "Input": {"colour": "blue"}}, "state": {}}

    with pytest.raises(UsageError, match="a run's input is"):
        handler(event, context)
