from dataclasses import replace
from datetime import timedelta

import pytest

from tests.workflow.steps.story import PATH, POLICY, Story, row
from workflow.errors import RunNameTaken, Throttled
from workflow.messages import RunInput, execution_name
from workflow.steps import sweep_overdue
from workflow.transitions import Status

LATE = POLICY.replace("    after: 5m\n", "    after: 5m\n    late_after: 15m\n")


def sweep(story):
    return sweep_overdue.run(
        ledger=story.ledger,
        runs=story.runs,
        lake=story.lake,
        policies=story.policies,
        shards=2,
        now=story.now,
    )


def any_story():
    return Story(policy=LATE)


def test_leaves_alone_what_is_not_late_yet():
    story = any_story()
    story.upload(row("x"))
    story.now += timedelta(minutes=19, seconds=59)

    result = sweep(story)

    assert result == sweep_overdue.Result(0, 0, 0, timedelta(0))
    assert story.runs.started == []


def test_starts_a_late_version_under_the_name_of_its_timer_and_says_so():
    story = any_story()
    upload = story.upload(row("x"))
    story.now += timedelta(minutes=21)

    result = sweep(story)

    assert story.runs.started == [("uploads", RunInput(PATH, upload.version, 1))]
    assert (result.overdue, result.started, result.lateness) == (1, 1, timedelta(minutes=16))
    assert story.entry(upload).started_by == "sweeper"


def test_claims_no_start_where_the_timer_came_first():
    story = any_story()
    upload = story.upload(row("x"))
    story.runs.start("uploads", RunInput(PATH, upload.version, 1))
    story.now += timedelta(minutes=21)

    result = sweep(story)

    assert (result.overdue, result.started) == (1, 0)
    assert story.entry(upload).started_by is None


@pytest.mark.parametrize("status", [Status.HELD, Status.CANCELLED])
def test_leaves_alone_what_an_operator_parked(status):
    story = any_story()
    upload = story.upload(row("x"))
    entry = story.entry(upload)
    story.ledger.park(entry, replace(entry, status=status))
    story.now += timedelta(days=2)

    assert sweep(story).overdue == 0


def test_starts_what_left_the_policy_so_that_its_run_can_say_so():
    story = any_story()
    story.upload(row("x"))
    story.use_policy(POLICY.replace("dataset/", "elsewhere/"))
    story.now += timedelta(minutes=21)

    assert sweep(story).started == 1


def test_erases_a_version_when_its_lock_has_ended():
    story = any_story()
    upload = story.upload(row("x"), locked_until=story.now + timedelta(days=30))
    story.run(upload)
    blocked = story.bodies()
    story.now += timedelta(days=29)
    early = sweep(story)
    story.now += timedelta(days=1)

    result = sweep(story)

    assert blocked == [row("x"), row("")]
    assert (early.erased, result.erased) == (0, 1)
    assert story.bodies() == [row("")]
    assert story.entry(upload).erased_at is not None
    assert story.entry(upload).erase_blocked_until is None
    assert sweep(story).erased == 0


def test_waits_on_where_the_lock_was_prolonged():
    story = any_story()
    upload = story.upload(row("x"), locked_until=story.now + timedelta(days=1))
    story.run(upload)
    version = story.lake.keys[PATH.key][0]
    version.stored = replace(version.stored, locked_until=story.now + timedelta(days=9))
    story.now += timedelta(days=2)

    result = sweep(story)

    assert result.erased == 0
    assert story.entry(upload).erase_blocked_until == version.stored.locked_until


def test_looks_again_the_next_day_at_a_legal_hold():
    story = any_story()
    upload = story.upload(row("x"), legal_hold=True)
    story.run(upload)
    version = story.lake.keys[PATH.key][0]
    version.stored = replace(version.stored, legal_hold=False)

    story.now += timedelta(hours=25)

    assert sweep(story).erased == 1
    assert story.bodies() == [row("")]


def parked_and_released(story, upload):
    """Hold a version, let its run find it held, release it."""
    for status in (Status.HELD, Status.PENDING):
        entry = story.entry(upload)
        story.ledger.park(entry, replace(entry, status=status))
        if status is Status.HELD:
            run = RunInput(upload.path, upload.version, 1)
            story.runs.start("uploads", run)
            assert story.run(upload) == "held"
            story.runs.executions[execution_name("uploads", run)] = {"status": "SUCCEEDED"}


def test_starts_another_run_for_a_version_that_was_held_when_its_first_one_came():
    story = any_story()
    upload = story.upload(row("x"))
    parked_and_released(story, upload)
    story.now += timedelta(minutes=21)

    result = sweep(story)

    assert result.started == 1
    assert story.runs.started[-1] == ("uploads", RunInput(PATH, upload.version, 2))
    assert story.run(upload, attempt=2) == "processed"
    assert sweep(story).overdue == 0


def test_records_the_failure_of_a_run_whose_news_was_lost():
    story = any_story()
    upload = story.upload(row("x"))
    run = RunInput(PATH, upload.version, 1)
    story.runs.start("uploads", run)
    failed = {
        "executionArn": "arn:1",
        "status": "FAILED",
        "error": "AccessDenied",
        "input": run.to_json(),
    }
    story.runs.executions |= {execution_name("uploads", run): failed, "arn:1": failed}
    story.now += timedelta(minutes=21)

    result = sweep(story)

    assert result.started == 0
    assert story.entry(upload).status is Status.FAILED
    assert story.entry(upload).failure.name == "AccessDenied"


@pytest.mark.parametrize("error", [RunNameTaken("taken"), ValueError("boom")])
def test_goes_on_behind_an_entry_that_cannot_be_started(error):
    story = any_story()
    for number in range(3):
        story.upload(row("x"), path=replace(PATH, key=f"dataset/{number}.jsonl"))
    story.now += timedelta(hours=1)
    failing = [error]

    def fails_first(operation):
        if operation == "start" and failing:
            raise failing.pop()

    story.runs.hook = fails_first

    result = sweep(story)

    assert (result.overdue, result.started) == (3, 2)
    assert [type(failure).__name__ for failure in result.failures] == [
        "RunNameTaken" if isinstance(error, RunNameTaken) else "UnexpectedError"
    ]


def test_leaves_the_rest_to_the_next_tick_when_it_is_throttled():
    story = any_story()
    for number in range(3):
        story.upload(row("x"), path=replace(PATH, key=f"dataset/{number}.jsonl"))
    story.now += timedelta(hours=1)
    tried = []

    def throttled(operation):
        if operation == "start":
            tried.append(operation)
            raise Throttled("StartExecution")

    story.runs.hook = throttled

    assert len(sweep(story).failures) == len(tried) == 1


def test_starts_nothing_that_a_run_took_up_since_the_index_was_read():
    story = any_story()
    upload = story.upload(row("x"))
    story.now += timedelta(minutes=21)
    pending = story.entry(upload)
    story.inspect(story.execution(upload))
    story.ledger.waking = lambda shard, *, before: [pending] if shard == 0 else []

    assert sweep(story).started == 0
    assert story.runs.started == []


@pytest.mark.parametrize("policy", ["erase_versions: false", "enforce: false", "elsewhere/"])
def test_erases_nothing_that_the_policy_in_force_keeps(policy):
    story = any_story()
    upload = story.upload(row("x"), locked_until=story.now + timedelta(days=1))
    story.run(upload)
    old = "dataset/" if policy == "elsewhere/" else "erase_versions: true"
    new = f"erase_versions: true\n    {policy}" if "enforce" in policy else policy
    story.use_policy(LATE.replace(old, new))
    story.now += timedelta(days=2)

    assert sweep(story).erased == 0
    assert story.bodies() == [row("x"), row("")]
    assert story.entry(upload).erase_blocked_until > story.now


def test_looks_again_the_next_day_at_a_version_that_readers_see_again():
    story = any_story()
    upload = story.upload(row("x"), locked_until=story.now + timedelta(days=1))
    story.run(upload)
    story.lake.erase(PATH, story.entry(upload).outcome.version_id)
    story.now += timedelta(days=2)

    assert sweep(story).erased == 0
    assert story.bodies() == [row("x")]
    assert story.entry(upload).erase_blocked_until == story.now + timedelta(days=1)


def test_erases_a_rewrite_that_a_lock_kept_from_its_successor():
    story = any_story()
    upload = story.upload(row("x", email="a"))
    story.run(upload)
    ours = story.lake.current(PATH)
    ours.stored = replace(ours.stored, locked_until=story.now + timedelta(days=1))
    story.use_policy(LATE + "      - field: email\n        action: blank\n")
    story.run(upload, attempt=2)
    blocked = story.bodies()
    story.now += timedelta(days=2)

    result = sweep(story)

    assert blocked == [row("", email="a"), row("", email="")]
    assert result.erased == 1
    assert story.bodies() == [row("", email="")]


def test_starts_no_more_than_its_bound_in_a_tick(monkeypatch):
    monkeypatch.setattr(sweep_overdue, "STARTS_PER_TICK", 2)
    story = any_story()
    for number in range(3):
        story.upload(row("x"), path=replace(PATH, key=f"dataset/{number}.jsonl"))
    story.now += timedelta(hours=1)

    result = sweep(story)

    assert (result.overdue, result.started) == (3, 2)
    assert [run.path.key for _, run in story.runs.started] == [
        "dataset/0.jsonl",
        "dataset/1.jsonl",
    ]
