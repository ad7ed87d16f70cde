"""The state machine against the code: payloads, results, error names."""

import ast
import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import pytest

from tests.state_machine.definition import (
    FUNCTION_TASKS,
    ROOT,
    STATES,
    TEXT,
    handled_errors,
)
from workflow import errors
from workflow.entry import Failure
from workflow.scrub import RuleCount, ScrubReport
from workflow.steps import (
    check_catalog,
    erase_version,
    inspect_object,
    record_rejection,
    scrub_object,
)
from workflow.transitions import Status

PERMANENT = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.PermanentError)
    and kind is not errors.PermanentError
}
RETRIED = {"Throttled", "ServiceUnavailable", "UnexpectedError"}
INSPECT_AGAIN = {"ObjectChanged", "ObjectMissing"}
FAIL_IN_PLACE = {"AccessDenied", "ObjectKeepsChanging", "UsageError", "PolicyError"}
NEVER_LEAVE_A_TASK = {"NotFound", "RunNameTaken"}
FOR_OPERATORS = {"athena"}  # no Task of the state machine uses it
ABSTRACT = {"LakescrubError", "RetryableError", "PermanentError"}
REWRITING_TASKS = ("ScrubObject", "EraseVersion")

RESULTS = {
    "InspectObject": inspect_object.Inspection(inspect_object.Decision.SCRUB, attempt=1),
    "ScrubObject": scrub_object.Result(Status.PROCESSED, report=None, tagged=True),
    "EraseVersion": erase_version.Result(Status.PROCESSED, erased=True),
    "CheckCatalog": check_catalog.Result(),
    "RecordRejection": record_rejection.Result(Failure("MalformedData", "row 1")),
}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_gives_every_error_name_one_treatment():
    every = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.LakescrubError)
    }

    treated = [PERMANENT, RETRIED, INSPECT_AGAIN, FAIL_IN_PLACE, NEVER_LEAVE_A_TASK, ABSTRACT]

    assert set().union(*treated) == every
    assert sum(map(len, treated)) == len(every)


@pytest.mark.parametrize("name", [task for task in FUNCTION_TASKS if task != "RecordRejection"])
def test_catches_exactly_the_permanent_errors_as_rejections(name):
    rejected = {
        error
        for rule in FUNCTION_TASKS[name]["Catch"]
        if rule["Next"] == "RecordRejection"
        for error in rule["ErrorEquals"]
    }

    assert rejected == PERMANENT


@pytest.mark.parametrize("name", REWRITING_TASKS)
def test_inspects_again_when_the_object_changed(name):
    again = {
        error
        for rule in FUNCTION_TASKS[name]["Catch"]
        if rule["Next"] == "InspectObject"
        for error in rule["ErrorEquals"]
    }

    assert again == INSPECT_AGAIN


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_leaves_errors_that_an_operator_mends_uncaught(name):
    task = FUNCTION_TASKS[name]

    handled = handled_errors(task, "Retry") | handled_errors(task, "Catch")

    assert handled & FAIL_IN_PLACE == set()
    assert handled >= RETRIED
    assert "States.ALL" not in handled
    assert "States.TaskFailed" not in handled


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_names_only_errors_that_exist(name):
    own = {
        error
        for part in ("Retry", "Catch")
        for error in handled_errors(FUNCTION_TASKS[name], part)
        if "." not in error
    }

    assert own <= PERMANENT | RETRIED | INSPECT_AGAIN


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_hands_over_the_payload_that_the_step_reads(name):
    payload = FUNCTION_TASKS[name]["Parameters"]["Payload"]
    step = importlib.import_module(f"workflow.steps.{snake(name)}")

    read = set(re.findall(r'event\["(\w+)"\]', inspect.getsource(step.Request)))

    assert read <= {key.removesuffix(".$") for key in payload}
    assert payload["execution.$"] == "$$.Execution"


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_takes_over_every_field_of_the_result(name):
    selector = FUNCTION_TASKS[name]["ResultSelector"]

    assert selector == {f"{field}.$": f"$.Payload.{field}" for field in RESULTS[name].to_event()}


def test_reads_only_state_that_an_earlier_state_wrote():
    writers = [part for state in STATES.values() for part in (state, *state.get("Catch", ()))]
    written = {part.get("ResultPath") for part in writers}
    read = {f"$.{name}" for name in re.findall(r'"\$\.(\w+)', TEXT)}

    assert read - written <= {"$.path", "$.version", "$.Payload"}


def test_routes_every_decision_and_every_ending():
    decisions = {rule["StringEquals"] for rule in STATES["RouteObject"]["Choices"]}
    endings = {rule["StringEquals"] for rule in STATES["RouteEnding"]["Choices"]}

    assert decisions == {"scrub", "held"}
    assert {decision.value for decision in inspect_object.Decision} - decisions == {
        "superseded",
        "gone",
    }
    assert endings | {"processed"} == {
        Status.PROCESSED,
        Status.UNCHANGED,
        Status.OBSERVED,
        Status.SUPERSEDED,
        Status.GONE,
    }


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_uses_one_name_in_five_places(name):
    assert FUNCTION_TASKS[name]["Parameters"]["FunctionName"] == f"${{{name}FunctionArn}}"
    for place in (
        f"functions/{snake(name)}/handler.py",
        f"workflow/steps/{snake(name)}.py",
        f"tests/functions/test_{snake(name)}.py",
    ):
        assert (ROOT / place).is_file(), place


def test_raises_only_errors_of_the_tree():
    """What the steps and their stores raise is one of errors.py, or is known to stay inside."""
    known = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    stay_inside = {"AssertionError", "TypeError", "translated"}
    raised = set()

    for folder in ("workflow/steps", "workflow/aws"):
        for path in Path(ROOT / folder).glob("*.py"):
            if path.stem in FOR_OPERATORS:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    raised.add(getattr(node.exc.func, "id", None))

    assert raised - {None} <= known | stay_inside


def test_reports_have_the_fields_that_the_handler_counts():
    assert {"bytes_in", "rules"} <= {field.name for field in dataclasses.fields(ScrubReport)}
    assert "changed" in {field.name for field in dataclasses.fields(RuleCount)}
