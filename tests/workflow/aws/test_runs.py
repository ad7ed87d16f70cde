"""Starting runs, against a Step Functions client that answers as AWS documents it."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from workflow.aws.runs import Runs
from workflow.errors import RunNameTaken
from workflow.messages import ObjectPath, RunInput

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:lakescrub"
RUN = RunInput(ObjectPath("lake", "dataset/ä.json"), "v1", 1)
NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


class States:
    """Answers StartExecution with a start date, or with what DescribeExecution then shows."""

    def __init__(self, *, started_at=None, known=None):
        self.started_at, self.known, self.described = started_at, known, []

    def start_execution(self, **_given):
        if self.known is not None:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        headers = {"date": f"{NOW:%a, %d %b %Y %H:%M:%S} GMT"}
        return {"startDate": self.started_at, "ResponseMetadata": {"HTTPHeaders": headers}}

    def describe_execution(self, **given):
        self.described.append(given["executionArn"])
        return {"input": self.known, "status": "SUCCEEDED"}


def test_says_that_it_started_a_run():
    assert Runs(States(started_at=NOW + timedelta(milliseconds=40)), MACHINE).start("uploads", RUN)


def test_does_not_claim_a_run_that_is_under_way():
    """For the same name and input StartExecution answers as if it had started the execution."""
    runs = Runs(States(started_at=NOW - timedelta(minutes=3)), MACHINE)

    assert not runs.start("uploads", RUN)


@pytest.mark.parametrize(
    "known",
    [RUN.to_json(), '{"attempt":1,"version":"v1","path":"s3://lake/dataset/\\u00e4.json"}'],
)
def test_finds_the_run_that_has_ended_whatever_its_input_is_spelled_like(known):
    states = States(known=known)

    assert not Runs(states, MACHINE).start("uploads", RUN)
    assert states.described[0].startswith(MACHINE.replace("stateMachine", "execution"))


@pytest.mark.parametrize("known", ["{}", '{"path": "s3://lake/b", "version": "v1", "attempt": 1}'])
def test_refuses_a_name_that_works_on_something_else(known):
    with pytest.raises(RunNameTaken):
        Runs(States(known=known), MACHINE).start("uploads", RUN)
