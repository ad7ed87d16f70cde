import pytest

from functions.check_catalog.handler import handler
from tests.workflow.steps.story import row
from workflow.errors import UsageError


def test_asks_for_the_crawler_where_the_table_is_missing(story, payload, context):
    upload = story.upload(row("secret"))

    result = handler(payload(story.execution(upload)), context)

    assert result == {"start_crawler": True, "table_missing": False, "partition_added": False}


def test_refuses_an_input_that_is_no_runs(story, context):
    with pytest.raises(UsageError, match="a run's input is"):
        handler({"execution": {"Id": "arn", "Input": {}}, "state": {}}, context)
