import json

import pytest

from functions.record_failure.handler import handler
from tests.workflow.steps.story import row
from workflow.aws.wiring import wiring
from workflow.errors import UsageError
from workflow.transitions import Status


def test_writes_the_failure_into_the_ledger(story, context):
    upload = story.upload(row("x"))
    execution = story.execution(upload)
    story.inspect(execution)
    wiring().runs.executions[execution.arn] = {
        "executionArn": execution.arn,
        "status": "FAILED",
        "input": execution.run.to_json(),
        "error": "AccessDenied",
        "cause": json.dumps({"errorMessage": "PutObject on s3://lake/a: AccessDenied"}),
    }

    result = handler({"detail": {"executionArn": execution.arn}}, context)

    assert result == {"status": "FAILED", "error": "AccessDenied", "recorded": True}
    assert story.entry(upload).status is Status.FAILED


def test_refuses_an_event_that_tells_of_no_execution(story, context):
    with pytest.raises(UsageError):
        handler({}, context)
