"""Timers that come late or not at all, and runs that fail: nothing stays behind unseen."""

import json
from dataclasses import replace

import pytest

from tests.end_to_end.world import DELAY, eventually, row
from workflow.local.faults import Fault
from workflow.transitions import Status

QUARTER_OF_AN_HOUR = 15 * 60
MINUTE = 60


@pytest.fixture
def without_timers(world):
    """Let no timer expire, as if DynamoDB took its days."""

    def switch(*, on):
        world.stack.client("dynamodb").update_time_to_live(
            TableName=world.names.schedule_table,
            TimeToLiveSpecification={"Enabled": on, "AttributeName": "ttl"},
        )

    switch(on=False)
    yield lambda: switch(on=True)
    switch(on=True)


@pytest.fixture
def without_sweeper(world):
    """Stop the schedule of the sweeper."""
    scheduler = world.stack.client("scheduler")
    function = world.stack.outputs["SweepOverdueFunction"]
    (known,) = (
        found
        for listed in scheduler.list_schedules()["Schedules"]
        if function in (found := scheduler.get_schedule(**_name(listed)))["Target"]["Arn"]
    )
    kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    settings = {name: known[name] for name in kept}
    scheduler.update_schedule(**settings, State="DISABLED")
    yield
    scheduler.update_schedule(**settings, State="ENABLED")


def _name(listed):
    return {"Name": listed["Name"], "GroupName": listed["GroupName"]}


def test_needs_no_sweeper_where_the_timer_is_punctual(world, without_sweeper):
    key = world.key()

    entry = world.run(key, world.upload(key, row("x")))

    assert entry.status is Status.PROCESSED
    assert entry.started_by is None


def test_is_started_by_the_sweeper_where_the_timer_is_days_late(world, without_timers):
    key = world.key()
    version = world.upload(key, row("x"))

    world.fall_due()
    world.stack.advance(QUARTER_OF_AN_HOUR + MINUTE)
    entry = world.ended(key, version)

    assert entry.status is Status.PROCESSED
    assert entry.started_by == "sweeper"
    assert world.timer(key, version) is not None

    # Two days later the timer expires after all, and finds the run under its name.
    world.stack.advance(48 * 3600)
    without_timers()
    eventually(lambda: world.timer(key, version) is None, what="the timer's end")
    other = world.key("other.jsonl")
    world.run(other, world.upload(other, row("y")))

    assert len(world.executions(key)) == 1
    assert world.entry(key, version) == entry


def test_is_left_alone_by_the_sweeper_before_it_is_late(world, without_timers):
    key = world.key()
    version = world.upload(key, row("x"))

    world.stack.advance(DELAY + QUARTER_OF_AN_HOUR - 2 * MINUTE)
    ticks = eventually(lambda: sweeps(world), what="a sweep")
    world.stack.advance(MINUTE)
    eventually(lambda: len(sweeps(world)) > len(ticks), what="another sweep")

    assert world.entry(key, version).status is Status.PENDING


def test_leaves_a_tick_that_goes_on_failing_in_its_queue(world):
    sqs, queue = world.stack.client("sqs"), world.stack.outputs["SweeperDeadLetterQueueUrl"]
    denial = world.intercept(
        function="SweepOverdueFunction",
        service="dynamodb",
        operation="Query",
        action=Fault(403, "AccessDeniedException"),
    )
    # As EventBridge Scheduler does: the call is not waited for.
    world.stack.client("lambda").invoke(
        FunctionName=world.names.functions["sweep_overdue"], InvocationType="Event", Payload=b"{}"
    )

    def look():
        # A tick is tried again after one minute and after two, and not for longer than five.
        world.stack.advance(MINUTE)
        return sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2).get("Messages")

    (letter, *_) = eventually(look, what="a tick given up")
    denial.remove()
    sqs.purge_queue(QueueUrl=queue)

    told = json.loads(letter["Body"])
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["responsePayload"]["errorType"] == "AccessDenied"


def sweeps(world):
    """Give the look-ups of the last shard: a sweep makes one."""
    sweeper = world.names.functions["sweep_overdue"]
    return [
        call
        for call in world.stack.calls
        if call.caller == sweeper and call.operation == "Query" and ":" in str(call.params)
    ]


def test_records_a_failed_run_and_its_redrive(world):
    key = world.key()
    version = world.upload(key, row("x"))
    denial = world.intercept(
        function="ScrubObjectFunction",
        service="s3",
        operation="PutObject",
        action=Fault(403, "AccessDenied"),
    )

    world.fall_due()
    failed = world.wait(key, version, Status.FAILED)
    execution = world.execution_ended(failed.execution)

    assert execution["error"] == failed.failure.name == "AccessDenied"
    assert failed.failure.reason == f"PutObject on {world.path(key)}: AccessDenied"
    assert world.states_of(failed.execution)[-1] == "ScrubObject"
    assert world.versions(key) == {version: row("x")}

    denial.remove()
    world.states.redrive_execution(executionArn=failed.execution)
    entry = world.wait(key, version, Status.PROCESSED)

    assert (entry.attempt, entry.redrive, entry.failure) == (1, 1, None)
    assert world.states_of(failed.execution).count("InspectObject") == 1
    assert list(world.versions(key).values()) == [row("")]


def test_waits_out_a_throttled_store_and_pages_nobody(world):
    key = world.key()
    version = world.upload(key, row("x"))
    world.intercept(
        function="ScrubObjectFunction",
        service="s3",
        operation="GetObject",
        times=6,
        action=Fault(503, "SlowDown"),
    )

    world.fall_due()
    arn = world.taken_up(key, version).execution
    execution = world.execution_ended(arn, impatient=True)

    assert execution["status"] == "SUCCEEDED"
    assert world.entry(key, version).status is Status.PROCESSED


def test_rejects_a_stray_execution_without_a_ledger_entry(world):
    started = world.states.start_execution(
        stateMachineArn=world.names.state_machine_arn,
        name=f"stray-{world.key().replace('/', '-')}",
        input=f'{{"path": "{world.path(world.key())}", "version": "v", "attempt": 1}}',
    )

    execution = world.execution_ended(started["executionArn"])

    assert (execution["status"], execution["error"]) == ("FAILED", "UnknownVersion")


def test_fails_in_place_on_an_input_that_is_none(world):
    started = world.states.start_execution(
        stateMachineArn=world.names.state_machine_arn,
        name=f"nonsense-{world.key().replace('/', '-')}",
        input='{"colour": "blue"}',
    )

    execution = world.execution_ended(started["executionArn"])

    assert (execution["status"], execution["error"]) == ("FAILED", "UsageError")


def test_starts_a_version_again_that_was_held_when_its_time_came(world):
    key = world.key()
    version = world.upload(key, row("x"))
    move(world, key, version, Status.HELD)
    world.fall_due()
    (found_held,) = eventually(lambda: world.executions(key), what="the first run")
    world.execution_ended(found_held["executionArn"])

    move(world, key, version, Status.PENDING)
    world.stack.advance(QUARTER_OF_AN_HOUR + 2 * MINUTE)
    entry = world.ended(key, version)

    assert (entry.status, entry.attempt) == (Status.PROCESSED, 2)
    assert world.states_of(found_held["executionArn"])[-1] == "Held"
    assert world.body(key) == row("")


def move(world, key, version, status):
    """Hold or release a version, as an operator does."""
    entry = world.entry(key, version)
    assert world.ledger.park(entry, replace(entry, status=status))
