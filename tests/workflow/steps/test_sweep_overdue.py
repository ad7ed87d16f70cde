from dataclasses import replace
from datetime import timedelta

import pytest

from tests.workflow.steps.story import PATH, POLICY, Story, row
from workflow.messages import RunInput
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
