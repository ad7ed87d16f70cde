import json
from dataclasses import replace

import pytest

from tests.workflow.cli.bench import PATH
from workflow.messages import ObjectPath, RunInput
from workflow.transitions import Status


def test_ls_lists_what_is_due_first_first(run, bench):
    bench.upload("late", minutes=9)
    bench.upload("early", path=ObjectPath("lake", "dataset/b.json"))

    listed = json.loads(run("schedule", "ls", "--json").data)

    assert [entry["version"] for entry in listed] == ["early", "late"]


@pytest.mark.parametrize(
    ("option", "versions"),
    [
        (["--dataset", "uploads"], ["v1", "v2"]),
        (["--dataset", "others"], ["v3"]),
        (["--due-before", "2026-11-21T05:06:00"], ["v1"]),
        (["--due-before", "2026-11-20"], []),
        (["--limit", "1"], ["v1"]),
    ],
)
def test_ls_lists_only_what_is_asked_for(run, bench, option, versions):
    bench.upload("v1")
    bench.upload("v2", minutes=9)
    bench.upload("v3", minutes=19, dataset="others")

    listed = json.loads(run("schedule", "ls", *option, "--json").data)

    assert [entry["version"] for entry in listed] == versions


def test_ls_says_on_stderr_that_there_is_nothing(run, bench):
    outcome = run("schedule", "ls")

    assert (outcome.code, outcome.data, outcome.messages) == (0, "", "none\n")


def test_ls_shows_a_key_that_would_move_the_cursor_as_text(run, bench):
    bench.upload(path=ObjectPath("lake", "dataset/\x1b[2J.json"))

    outcome = run("schedule", "ls")

    assert "\\x1b[2J" in outcome.data
    assert "\x1b" not in outcome.data


def test_show_tells_whether_the_timer_is_set(run, bench):
    bench.upload("v1")
    bench.upload("v2", minutes=1)
    bench.schedule.timers.pop((str(PATH), "v1"))

    shown = json.loads(run("schedule", "show", PATH.key, "--json").data)

    assert [(each["version"], each["timer"]) for each in shown] == [
        ("v1", None),
        ("v2", "2026-11-21T05:06:00+00:00"),
    ]


def test_cancel_parks_the_upload(run, bench):
    bench.upload()

    outcome = run("schedule", "cancel", PATH)

    assert outcome.code == 0
    assert outcome.messages == f"cancelled version v1 of {PATH}\n"
    assert bench.ledger.get(PATH, "v1").status is Status.CANCELLED


def test_cancel_takes_the_version_that_is_named(run, bench):
    bench.upload("v1")
    bench.upload("v2", minutes=1)

    run("schedule", "cancel", PATH, "--version", "v2")

    assert bench.ledger.get(PATH, "v1").status is Status.PENDING
    assert bench.ledger.get(PATH, "v2").status is Status.CANCELLED


def test_cancel_tells_when_a_run_was_quicker(run, bench):
    entry = bench.upload()
    taken = replace(entry, status=Status.RUNNING)
    bench.ledger.uploads_of = lambda _: [entry]
    bench.ledger.entries[str(PATH), "v1"] = taken

    outcome = run("schedule", "cancel", PATH)

    assert outcome.code == 2
    assert outcome.messages.startswith("too late: a run has taken it up")


def test_run_now_starts_the_run_that_the_timer_would_start(run, bench):
    bench.upload()

    outcome = run("schedule", "run-now", PATH)

    assert bench.runs.started == [("uploads", RunInput(PATH, "v1", 1))]
    assert outcome.messages.startswith("started: lakescrub runs show uploads-")


def test_run_now_tells_a_run_that_exists(run, bench):
    bench.upload()
    run("schedule", "run-now", PATH)

    told = json.loads(run("schedule", "run-now", PATH, "--json").data)

    assert told["started"] is False
    assert len(bench.runs.started) == 1


@pytest.mark.parametrize("command", ["cancel", "run-now"])
def test_asks_which_of_several_uploads(run, bench, command):
    bench.upload("v1")
    bench.upload("v2", minutes=1)

    outcome = run("schedule", command, PATH)

    assert outcome.code == 2
    assert outcome.messages == "2 pending uploads: name one with --version: v1, v2\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["show", "nowhere"], 5, "the ledger knows no upload of s3://lake/nowhere\n"),
        (["cancel", "nowhere"], 5, "the ledger knows no upload of s3://lake/nowhere\n"),
        (["run-now", "nowhere"], 5, "the ledger knows no upload of s3://lake/nowhere\n"),
        (
            ["cancel", str(PATH), "--version", "v9"],
            5,
            f"the ledger knows no version v9 of {PATH}\n",
        ),
        (["show", "s3://lake"], 2, "'s3://lake' is not a path of the form s3://bucket/key\n"),
    ],
)
def test_refuses_what_is_not_there(run, bench, *, arguments, code, message):
    bench.upload()

    outcome = run("schedule", *arguments)

    assert (outcome.code, outcome.data, outcome.messages) == (code, "", message)


def test_refuses_a_time_that_is_none(run, bench):
    outcome = run("schedule", "ls", "--due-before", "tomorrow")

    assert outcome.code == 2
    assert outcome.messages.count("\n") == 1
    assert "'tomorrow'" in outcome.messages
