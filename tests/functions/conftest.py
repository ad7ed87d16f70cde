"""Handlers with stores in memory: they are put where the real ones would be built."""

from types import SimpleNamespace

import pytest

from tests.fakes import FakeRuns
from tests.workflow.steps.story import Story
from workflow.aws import telemetry, wiring


@pytest.fixture
def story(monkeypatch, request):
    # A logger of its own for each test: it writes to the standard output of its first use.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "lakescrub")
    wiring.wiring.cache_clear()
    telemetry.telemetry.cache_clear()
    story = Story()
    tools = wiring.wiring()
    tools.lake = story.lake
    tools.ledger = story.ledger
    tools.schedule = story.schedule
    tools.catalog = tools.hasty_catalog = story.catalog
    tools.policies = story.policies
    tools.runs = FakeRuns()
    yield story
    wiring.wiring.cache_clear()
    telemetry.telemetry.cache_clear()


@pytest.fixture
def context():
    return SimpleNamespace(
        aws_request_id="request-1",
        function_name="function",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:function",
        get_remaining_time_in_millis=lambda: 1000,
    )


@pytest.fixture
def payload():
    """Build the payload of a Task as the state machine does."""

    def build(execution, **state):
        context = {
            "Id": execution.arn,
            "Input": {
                "path": str(execution.path),
                "version": execution.version,
                "attempt": execution.run.attempt,
            },
            "Name": "name",
            "RoleArn": "arn:role",
            "StartTime": "2026-11-21T05:00:00.000Z",
        }
        return {"execution": context, "state": {**context["Input"], **state}}

    return build
