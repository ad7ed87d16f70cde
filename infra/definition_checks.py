"""What Step Functions and cfn-lint accept in a state machine and what fails at night.

Targets that are not there, states that nothing leads to, retries that cannot be meant, error names
that Step Functions does not have, SDK actions that do not exist: none of them is found by cfn-lint.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError

from workflow.errors import UsageError

State = Mapping[str, Any]

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
STATES_ERRORS = frozenset(
    f"States.{name}"
    for name in (
        *("ALL", "BranchFailed", "DataLimitExceeded", "ExceedToleratedFailureThreshold"),
        *("HeartbeatTimeout", "Http.Socket", "IntrinsicFailure", "ItemReaderFailed"),
        *("NoChoiceMatched", "ParameterPathFailure", "Permissions", "QueryEvaluationError"),
        *("ResultPathMatchFailure", "ResultWriterFailed", "Runtime", "TaskFailed", "Timeout"),
    )
)
_NEVER_RETRIED = frozenset({"States.DataLimitExceeded", "States.Runtime"})
# Field: lowest and highest value that Step Functions takes.
_RETRY_RANGES = {
    "IntervalSeconds": (1, 99_999_999),
    "MaxAttempts": (0, 99_999_999),
    "BackoffRate": (1.0, float("inf")),
    "MaxDelaySeconds": (1, 31_622_400),
}
_SDK = re.compile(r"arn:aws:states:::aws-sdk:(?P<service>\w+):(?P<action>\w+)(?:\.\w+)?")
# Step Functions calls some services by another name than botocore.
_SERVICES = {"sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events"}


def check_definition(definition: Mapping[str, Any]) -> None:
    """Refuse a definition that has a problem.

    Raises:
        UsageError: With one line for each problem.
    """
    found = list(problems(definition))
    if found:
        raise UsageError("\n".join(f"state_machine.asl.json: {problem}" for problem in found))


def problems(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong, state by state, inside Map and Parallel states too."""
    states: Mapping[str, State] = definition["States"]
    reached = _reached(definition["StartAt"], states)
    for name, state in states.items():
        if name not in reached:
            yield f"{name}: nothing leads to it"
        yield from (f"{name}: {problem}" for problem in _state_problems(state, states))
        for inner in _machines_inside(state):
            yield from (f"{name}: {problem}" for problem in problems(inner))
    if definition["StartAt"] not in states:
        yield f"StartAt names {definition['StartAt']}, which is not there"


def _targets(state: State) -> Iterator[str]:
    for rule in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        if "Next" in rule:
            yield rule["Next"]
    if "Default" in state:
        yield state["Default"]


def _reached(start: str, states: Mapping[str, State]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in states and name not in found:
            found.add(name)
            waiting.extend(_targets(states[name]))
    return found


def _machines_inside(state: State) -> Iterator[Mapping[str, Any]]:
    yield from state.get("Branches", ())
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field]


def _state_problems(state: State, states: Mapping[str, State]) -> Iterator[str]:
    for target in _targets(state):
        if target not in states:
            yield f"leads to {target}, which is not there"
    yield from _rule_problems(state.get("Retry", ()))
    yield from _rule_problems(state.get("Catch", ()))
    for rule in state.get("Retry", ()):
        yield from _retry_problems(rule)
    yield from _resource_problems(str(state.get("Resource", "")))


def _rule_problems(rules: Any) -> Iterator[str]:
    for position, rule in enumerate(rules):
        names = rule["ErrorEquals"]
        for name in names:
            if name.startswith("States.") and name not in STATES_ERRORS:
                yield f"{name} is no error of Step Functions"
        if "States.ALL" in names and (len(names) > 1 or position < len(rules) - 1):
            yield "States.ALL has to stand alone, in the last rule"


def _retry_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    for field, (lowest, highest) in _RETRY_RANGES.items():
        if field in rule and not lowest <= rule[field] <= highest:
            yield f"{field} of {rule[field]} is outside {lowest} to {highest}"
    if rule.get("MaxDelaySeconds", float("inf")) <= rule.get("IntervalSeconds", 1):
        yield "MaxDelaySeconds has to be more than IntervalSeconds"
    if rule.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        yield f"JitterStrategy {rule['JitterStrategy']} is neither FULL nor NONE"
    for name in _NEVER_RETRIED.intersection(rule["ErrorEquals"]):
        yield f"{name} cannot be retried"


def _resource_problems(resource: str) -> Iterator[str]:
    found = _SDK.fullmatch(resource)
    if resource.startswith("arn:aws:states:::aws-sdk:") and found is None:
        yield f"{resource} is no SDK integration"
    elif found is not None and found["action"] not in _actions(found["service"]):
        yield f"{found['service']} has no action {found['action']}"


@cache
def _actions(service: str) -> frozenset[str]:
    """Return the operations of a service as Step Functions writes them, in camelCase."""
    try:
        model = botocore.session.get_session().get_service_model(_SERVICES.get(service, service))
    except UnknownServiceError:
        return frozenset()
    return frozenset(name[0].lower() + name[1:] for name in model.operation_names)
