"""start_runs: start the execution of each version whose timer has expired."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow.events import expired_run
from workflow.messages import RunInput
from workflow.stores import RunStarter


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record of the schedule's stream.

    Attributes:
        run: The run that the record made due; None where it made none.
        started: False where its execution existed already.
    """

    run: RunInput | None
    started: bool


def run(record: Mapping[str, Any], *, runs: RunStarter) -> Result:
    """Start what a record makes due.

    Raises:
        UsageError: The record is a TTL removal, yet holds no schedule item.
        LakescrubError: The execution could not be started: the record must be delivered again.
    """
    due = expired_run(record)
    if due is None:
        return Result(run=None, started=False)
    dataset, run_input = due
    return Result(run=run_input, started=runs.start(dataset, run_input))
