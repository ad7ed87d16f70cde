"""Runs: executions of the state machine, one for each version and attempt."""

import json
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.errors import RunNameTaken, UsageError
from workflow.messages import RunInput, execution_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_ALREADY_THERE = "ExecutionAlreadyExists"
_A_MOMENT = timedelta(seconds=10)


class Runs:
    """Starts executions and looks at them."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        """Use a client and a state machine."""
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, dataset: str, run: RunInput) -> bool:
        """Start the execution of a run, once.

        Returns:
            False where that execution exists already, running or ended.

        Raises:
            RunNameTaken: An execution of that name exists with another input.
            LakescrubError: Any other failure.
        """
        name = execution_name(dataset, run)
        with told(f"StartExecution for {run.path}"):
            try:
                answer: Any = self._client.start_execution(
                    stateMachineArn=self._state_machine_arn, name=name, input=run.to_json()
                )
            except ClientError as error:
                if error_code(error) != _ALREADY_THERE:
                    raise
            else:
                return _began_now(answer)
        # The name alone proves nothing: look at what is there before calling it done.
        if _input(self.find(dataset, run)) != run:
            raise RunNameTaken(f"execution {name} exists with another input")
        return False

    def find(self, dataset: str, run: RunInput) -> dict[str, Any]:
        """Give what DescribeExecution says of the execution of a run."""
        return self.describe(self.arn(execution_name(dataset, run)))

    def describe(self, arn: str) -> dict[str, Any]:
        """Give what DescribeExecution says."""
        with told(f"DescribeExecution on {arn}"):
            return dict(self._client.describe_execution(executionArn=arn))

    def arn(self, name: str) -> str:
        """Give the ARN of the execution of a name."""
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def _input(execution: Mapping[str, Any]) -> RunInput | None:
    """Read an execution's input by its meaning: another client may space it differently."""
    try:
        return RunInput.from_mapping(json.loads(execution["input"]))
    except UsageError:
        return None


def _began_now(answer: Mapping[str, Any]) -> bool:
    """Tell an execution that was started from one of the same name and input that runs already.

    StartExecution answers both alike; only the start date differs, which is compared with the
    time of the answer, as both come from the same clock.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return said is None or answer["startDate"] >= parsedate_to_datetime(said) - _A_MOMENT
