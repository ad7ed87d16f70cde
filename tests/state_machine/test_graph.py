import json
import re

import pytest

from tests.state_machine.definition import DEFINITION, FUNCTION_TASKS, STATES, TASKS, TEXT, targets

ENDS = {name for name, state in STATES.items() if state["Type"] in ("Succeed", "Fail")}
MAX_MACHINE_NAME = 80
TWO_SPACES = "  "


@pytest.mark.parametrize("name", STATES)
def test_leads_to_states_that_exist(name):
    missing = [target for target in targets(STATES[name]) if target not in STATES]

    assert missing == []


def test_reaches_every_state_from_the_start():
    seen, waiting = set(), [DEFINITION["StartAt"]]

    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += targets(STATES[name])

    assert seen == set(STATES)


@pytest.mark.parametrize("name", STATES)
def test_can_reach_an_end_from_every_state(name):
    seen, waiting = set(), [name]

    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += targets(STATES[state])

    assert seen & ENDS


@pytest.mark.parametrize("name", STATES)
def test_gives_each_state_its_reason(name):
    assert len(STATES[name]["Comment"]) > 20


@pytest.mark.parametrize("name", STATES)
def test_gives_each_rule_of_a_state_its_reason(name):
    state = STATES[name]

    rules = [*state.get("Retry", ()), *state.get("Catch", ()), *state.get("Choices", ())]

    assert [rule for rule in rules if len(rule.get("Comment", "")) <= 20] == []


@pytest.mark.parametrize("name", TASKS)
def test_bounds_the_time_of_each_task(name):
    assert 0 < TASKS[name]["TimeoutSeconds"] < DEFINITION["TimeoutSeconds"]


@pytest.mark.parametrize("name", TASKS)
def test_spreads_the_retries_of_each_task(name):
    for retry in TASKS[name]["Retry"]:
        assert retry["JitterStrategy"] == "FULL"
        assert 1 <= retry["IntervalSeconds"] <= retry["MaxDelaySeconds"] <= 31_622_400
        assert retry["BackoffRate"] >= 1
        assert 1 <= retry["MaxAttempts"] <= 99_999_999


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_waits_for_a_turn_for_a_day_when_throttled(name):
    throttled = next(
        retry
        for retry in FUNCTION_TASKS[name]["Retry"]
        if "Lambda.TooManyRequestsException" in retry["ErrorEquals"]
    )

    # With full jitter a delay is half of its bound in the mean.
    assert throttled["MaxAttempts"] * throttled["MaxDelaySeconds"] / 2 >= 24 * 3600
    assert "Throttled" in throttled["ErrorEquals"]


@pytest.mark.parametrize("name", STATES)
def test_keeps_catch_all_rules_alone_and_last(name):
    for part in ("Retry", "Catch"):
        rules = [rule["ErrorEquals"] for rule in STATES[name].get(part, ())]
        catch_all = [number for number, errors in enumerate(rules) if "States.ALL" in errors]
        assert catch_all in ([], [len(rules) - 1])
        assert all(rules[number] == ["States.ALL"] for number in catch_all)


def test_names_no_real_thing():
    assert set(re.findall(r"arn:[^\"]*", TEXT)) == {
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::aws-sdk:glue:startCrawler",
        "arn:aws:states:::sns:publish",
    }


def test_is_written_with_two_spaces():
    assert json.dumps(DEFINITION, indent=2, ensure_ascii=False) + "\n" == TEXT
