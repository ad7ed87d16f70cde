"""The run that a Task of the state machine works for, as its payload tells.

Every Task is given ``$$.Execution`` whole: a single field of it, such as RedriveCount, may be
absent, and a state that names an absent field fails.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from workflow.messages import ObjectPath, RunInput


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution.

    Attributes:
        arn: Its ARN.
        run: Its input.
        redrive: How often it was redriven.
    """

    arn: str
    run: RunInput
    redrive: int

    @property
    def path(self) -> ObjectPath:
        """The object that it works on."""
        return self.run.path

    @property
    def version(self) -> str:
        """The upload that it works on."""
        return self.run.version

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Self:
        """Read the Execution part of the context object.

        Raises:
            UsageError: The input is not a run's.
        """
        run = RunInput.from_mapping(context["Input"])
        return cls(context["Id"], run, int(context.get("RedriveCount") or 0))
