import json
from dataclasses import replace

import pytest

from tests.workflow.steps.story import Story, row
from workflow.errors import UsageError
from workflow.steps import record_failure
from workflow.transitions import Status

CANARY = "4111111111111111"


def told(story, execution, **changes):
    """Tell of an execution's end, as DescribeExecution shows it."""
    story.runs.executions[execution.arn] = {
        "executionArn": execution.arn,
        "status": "FAILED",
        "input": execution.run.to_json(),
        "redriveCount": execution.redrive,
        "error": "ServiceUnavailable",
        "cause": json.dumps({"errorMessage": "GetObject on s3://lake/a: EndpointTimeout"}),
        **changes,
    }
    request = record_failure.Request.from_event({"detail": {"executionArn": execution.arn}})
    return record_failure.run(request, ledger=story.ledger, runs=story.runs, now=story.now)


def any_run(story=None):
    story = story or Story()
    upload = story.upload(row("x"))
    execution = story.execution(upload)
    inspection = story.inspect(execution)
    return story, upload, execution, inspection


def test_records_the_error_and_our_own_reason():
    story, upload, execution, _ = any_run()

    result = told(story, execution)

    entry = story.entry(upload)
    assert result.recorded
    assert entry.status is Status.FAILED
    assert entry.failure.name == "ServiceUnavailable"
    assert entry.failure.reason == "GetObject on s3://lake/a: EndpointTimeout"
    assert entry.ended_at == story.now


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"error": "Lambda.Unknown", "cause": CANARY}, "Lambda.Unknown"),
        ({"error": "States.Runtime", "cause": json.dumps({"errorMessage": CANARY})}, None),
        ({"status": "TIMED_OUT", "error": None, "cause": None}, "TIMED_OUT"),
        ({"status": "ABORTED", "error": None, "cause": CANARY}, "ABORTED"),
        ({"cause": CANARY}, "ServiceUnavailable"),
    ],
)
def test_takes_no_text_that_is_not_ours(changes, name):
    story, upload, execution, _ = any_run()

    told(story, execution, **changes)

    failure = story.entry(upload).failure
    assert CANARY not in failure.reason
    assert failure.name == (name or changes["error"])


def test_records_a_run_that_failed_before_it_could_claim_its_entry():
    story = Story()
    upload = story.upload(row("x"))

    result = told(story, story.execution(upload), error="AccessDenied")

    assert result.recorded
    assert story.entry(upload).status is Status.FAILED
    assert story.run(upload, redrive=1) == "processed"


@pytest.mark.parametrize("ending", [Status.REJECTED, Status.PROCESSED, Status.UNCHANGED])
def test_leaves_alone_what_the_run_itself_recorded(ending):
    story, upload, execution, _ = any_run()
    entry = story.entry(upload)
    story.ledger.advance(entry, replace(entry, status=ending))

    result = told(story, execution)

    assert not result.recorded
    assert story.entry(upload).status is ending


@pytest.mark.parametrize("ending", [Status.REJECTED, Status.PROCESSED])
def test_leaves_alone_what_the_run_recorded_before_it_was_redriven(ending):
    """A run may fail again behind its ending: in CheckCatalog, or in the Fail state of a rejection.

    A Fail state that is redriven fails again
    (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html).
    """
    story, upload, execution, _ = any_run()
    entry = story.entry(upload)
    story.ledger.advance(entry, replace(entry, status=ending))

    result = told(story, replace(execution, redrive=1))

    assert not result.recorded
    assert story.entry(upload).status is ending


def test_records_a_replay_that_failed_before_it_could_claim_its_entry():
    story, upload, execution, _ = any_run()
    told(story, execution)
    replay = story.execution(upload, attempt=2)

    result = told(story, replay, error="AccessDenied")

    entry = story.entry(upload)
    assert result.recorded
    assert (entry.status, entry.attempt, entry.execution) == (Status.FAILED, 2, replay.arn)
    assert entry.failure.name == "AccessDenied"


def test_leaves_a_run_alone_when_a_later_attempt_failed_beside_it():
    story, upload, _, _ = any_run()

    result = told(story, story.execution(upload, attempt=2))

    assert not result.recorded
    assert story.entry(upload).status is Status.RUNNING


@pytest.mark.parametrize("given", ["[]", "{}", '"x"', '{"path": 1, "version": "v", "attempt": 1}'])
def test_passes_over_an_execution_that_was_started_with_something_else(given):
    story, _, execution, _ = any_run()

    result = told(story, execution, input=given)

    assert (result.status, result.recorded) == ("FAILED", False)


def test_forgets_the_failure_once_the_run_is_redriven():
    story, upload, execution, _ = any_run()
    told(story, execution)

    story.inspect(replace(execution, redrive=1))

    assert story.entry(upload).status is Status.RUNNING
    assert story.entry(upload).failure is None


def test_ignores_late_news_once_a_redrive_is_under_way():
    story, upload, execution, inspection = any_run()
    told(story, execution)
    story.scrub(replace(execution, redrive=1), inspection)

    result = told(story, execution)

    assert not result.recorded
    assert story.entry(upload).status is Status.RUNNING


def test_ignores_an_execution_that_runs_again():
    story, upload, execution, _ = any_run()

    result = told(story, execution, status="RUNNING")

    assert not result.recorded
    assert story.entry(upload).status is Status.RUNNING


def test_ignores_the_failure_of_an_attempt_that_was_replayed_since():
    story, upload, execution, _ = any_run()
    story.run(upload, attempt=2)

    result = told(story, execution)

    assert not result.recorded
    assert story.entry(upload).status is Status.PROCESSED


def test_takes_the_same_news_twice_as_once():
    story, upload, execution, _ = any_run()
    told(story, execution)
    once = story.entry(upload)

    result = told(story, execution)

    assert not result.recorded
    assert story.entry(upload) == once


def test_refuses_an_event_that_tells_of_no_execution():
    with pytest.raises(UsageError, match="no execution"):
        record_failure.Request.from_event({"detail": {}})
