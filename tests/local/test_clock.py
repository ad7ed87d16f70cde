"""One clock for everything: schedules, visibility, retries, time inside the functions."""

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.lab import Lab, wait_for
from workflow.local.clock import Clock


def test_fires_a_schedule_when_the_clock_passes_its_time(lab: Lab) -> None:
    url, queue = lab.queue()
    scheduler = lab.client("scheduler")
    name = lab.name("schedule")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue, "RoleArn": lab.role(), "Input": json.dumps({"tick": 1})},
    )

    lab.stack.advance(3601)

    found = wait_for(lambda: lab.client("sqs").receive_message(QueueUrl=url).get("Messages"))
    scheduler.delete_schedule(Name=name)
    assert json.loads(found[0]["Body"]) == {"tick": 1}


def test_shows_a_message_again_when_the_clock_passes_its_visibility(lab: Lab) -> None:
    url, _ = lab.queue(VisibilityTimeout="600")
    sqs = lab.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    first = sqs.receive_message(QueueUrl=url)["Messages"]
    hidden = sqs.receive_message(QueueUrl=url)

    lab.stack.advance(601)

    assert "Messages" not in hidden
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["MessageId"] == first[0]["MessageId"]


def test_repeats_an_asynchronous_invocation_and_then_sends_it_to_its_destination(
    lab: Lab,
) -> None:
    url, queue = lab.queue()
    function = lab.function("def handler(event, context):\n    raise ValueError('no')\n")
    client = lab.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    client.invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    wait_for(lambda: lab.log(function).count("[ERROR] ValueError") == 1)

    lab.stack.advance(61)

    assert wait_for(lambda: lab.client("sqs").receive_message(QueueUrl=url).get("Messages"))
    assert lab.log(function).count("[ERROR] ValueError") == 2


def test_moves_the_time_that_functions_see(lab: Lab) -> None:
    function = lab.function(
        """
        import time

        def handler(event, context):
            return time.time()
        """
    )
    _, before = lab.invoke(function)

    lab.stack.advance(86_400)

    assert 86_400 <= lab.invoke(function)[1] - before < 86_460


def test_signs_and_checks_requests_of_functions_after_a_move(lab: Lab) -> None:
    function = lab.function(
        """
        import boto3

        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Arn"]
        """
    )
    lab.invoke(function)

    lab.stack.advance(40 * 86_400)

    assert "assumed-role" in lab.invoke(function)[1]


def test_leaves_monotonic_time_alone(lab: Lab) -> None:
    begun, wall = time.monotonic(), dt.datetime.now(dt.UTC)

    lab.stack.advance(1000)

    assert time.monotonic() - begun < 10
    assert dt.datetime.now(dt.UTC) - wall >= dt.timedelta(seconds=1000)


def test_only_goes_forward() -> None:
    with pytest.raises(ValueError, match="forward"):
        Clock().advance(-1)


def _asleep(clock: Clock, seconds: float, **more: Any) -> threading.Thread:
    before = len(clock._sleepers)
    sleeper = threading.Thread(target=clock.sleep, args=(seconds,), kwargs=more, daemon=True)
    sleeper.start()
    wait_for(lambda: len(clock._sleepers) > before)
    return sleeper


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A clock of its own, which leaves the time of the process alone."""
    monkeypatch.setattr(Clock, "_shift", lambda _self, _seconds: None)
    clock = Clock()
    yield clock
    clock.reset()


def test_wakes_whoever_has_slept_long_enough_and_nobody_else(clock: Clock) -> None:
    sleepers = [_asleep(clock, hours * 3600) for hours in (3, 1, 2)]

    clock.advance(2 * 3600 + 1)

    for sleeper in sleepers[1:]:
        sleeper.join(5)
    assert [sleeper.is_alive() for sleeper in sleepers] == [True, False, False]


def test_sleeps_in_real_time_where_nobody_moves_it(clock: Clock) -> None:
    begun = time.monotonic()
    _asleep(clock, 3600)

    clock.sleep(0.2)

    assert 0.2 <= time.monotonic() - begun < 2


def test_wakes_one_sleeper_for_a_reason_of_its_own(clock: Clock) -> None:
    ended, woken = threading.Event(), threading.Event()
    other = _asleep(clock, 3600)
    sleeper = _asleep(clock, 3600, unless=ended.is_set, woken=woken)

    ended.set()
    woken.set()

    sleeper.join(5)
    assert (sleeper.is_alive(), other.is_alive()) == (False, True)


def test_lets_every_sleeper_look_at_its_reason(clock: Clock) -> None:
    stopped = threading.Event()
    sleepers = [_asleep(clock, 3600, unless=stopped.is_set) for _ in range(3)]

    stopped.set()
    clock.wake()

    for sleeper in sleepers:
        sleeper.join(5)
    assert not any(sleeper.is_alive() for sleeper in sleepers)


def test_keeps_no_more_of_those_that_left_early_than_a_few(clock: Clock) -> None:
    for _ in range(500):
        clock.sleep(3600, unless=lambda: True)

    assert len(clock._sleepers) < 250
