import copy
import json

import pytest

from infra.definition_checks import check_definition, problems
from infra.orchestration import DEFINITION
from workflow.errors import UsageError

OURS = json.loads(DEFINITION.read_text(encoding="utf-8"))


def _retry(machine):
    return machine["States"]["ScrubObject"]["Retry"][0]


def _changed(change):
    machine = copy.deepcopy(OURS)
    change(machine)
    return list(problems(machine))


def test_our_definition_has_no_problem():
    assert list(problems(OURS)) == []


MUTATIONS = {
    "ScrubObject: leads to Nowhere, which is not there": lambda machine: machine["States"][
        "ScrubObject"
    ].update(Next="Nowhere"),
    "RouteObject: leads to Nowhere, which is not there": lambda machine: machine["States"][
        "RouteObject"
    ]["Choices"][0].update(Next="Nowhere"),
    "InspectObject: leads to Nowhere, which is not there": lambda machine: machine["States"][
        "InspectObject"
    ]["Catch"][0].update(Next="Nowhere"),
    "Lonely: nothing leads to it": lambda machine: machine["States"].update(
        Lonely={"Type": "Succeed"}
    ),
    "StartAt names Nowhere, which is not there": lambda machine: machine.update(StartAt="Nowhere"),
    "ScrubObject: IntervalSeconds of 0 is outside 1 to 99999999": lambda machine: _retry(
        machine
    ).update(IntervalSeconds=0),
    "ScrubObject: BackoffRate of 0.5 is outside 1.0 to inf": lambda machine: _retry(machine).update(
        BackoffRate=0.5
    ),
    "ScrubObject: MaxDelaySeconds of 31622401 is outside 1 to 31622400": lambda machine: _retry(
        machine
    ).update(MaxDelaySeconds=31_622_401),
    "ScrubObject: MaxDelaySeconds has to be more than IntervalSeconds": lambda machine: _retry(
        machine
    ).update(MaxDelaySeconds=2, IntervalSeconds=2),
    "ScrubObject: JitterStrategy HALF is neither FULL nor NONE": lambda machine: _retry(
        machine
    ).update(JitterStrategy="HALF"),
    "ScrubObject: States.TimeOut is no error of Step Functions": lambda machine: _retry(
        machine
    ).update(ErrorEquals=["States.TimeOut"]),
    "ScrubObject: States.ALL has to stand alone, in the last rule": lambda machine: _retry(
        machine
    ).update(ErrorEquals=["States.ALL"]),
    "ScrubObject: States.Runtime cannot be retried": lambda machine: _retry(machine).update(
        ErrorEquals=["States.Runtime"]
    ),
    "StartCrawler: glue has no action startKrawler": lambda machine: machine["States"][
        "StartCrawler"
    ].update(Resource="arn:aws:states:::aws-sdk:glue:startKrawler"),
    "StartCrawler: glueware has no action startCrawler": lambda machine: machine["States"][
        "StartCrawler"
    ].update(Resource="arn:aws:states:::aws-sdk:glueware:startCrawler"),
    "StartCrawler: arn:aws:states:::aws-sdk:glue is no SDK integration": lambda machine: machine[
        "States"
    ]["StartCrawler"].update(Resource="arn:aws:states:::aws-sdk:glue"),
}


@pytest.mark.parametrize("problem", MUTATIONS)
def test_a_mistake_is_found_and_named(problem):
    assert problem in _changed(MUTATIONS[problem])


def test_states_inside_a_map_are_checked_too():
    inside = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inside}}}

    assert list(problems(machine)) == ["M: A: leads to B, which is not there"]


def test_a_definition_with_a_problem_stops_the_synthesis():
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}

    with pytest.raises(UsageError, match=r"state_machine\.asl\.json: A: leads to B"):
        check_definition(machine)
