import json

import pytest

from tests.workflow.cli.bench import PATH
from workflow import errors
from workflow.cli.run_advice import advice
from workflow.messages import RunInput
from workflow.transitions import Status


def rejected(bench, **upload):
    return bench.run(
        bench.upload(**upload), status="FAILED", error="MalformedData", became=Status.REJECTED
    )


def test_ls_tells_path_and_error(run, bench):
    name = rejected(bench)

    outcome = run("runs", "ls")

    assert name in outcome.data
    assert str(PATH) in outcome.data
    assert "MalformedData" in outcome.data


@pytest.mark.parametrize(("status", "count"), [("FAILED", 1), ("failed", 1), ("RUNNING", 0)])
def test_ls_lists_only_the_status_asked_for(run, bench, status, count):
    rejected(bench)

    outcome = run("runs", "ls", "--status", status, "--json")

    assert len(json.loads(outcome.data)) == count


@pytest.mark.parametrize("how", ["name", "arn", "key", "path"])
def test_show_finds_a_run_by_name_arn_key_or_path(run, bench, how):
    name = rejected(bench)
    arn = bench.history.runs[name].arn

    asked = {"name": name, "arn": arn, "key": PATH.key, "path": PATH}[how]
    shown = json.loads(run("runs", "show", asked, "--json").data)

    assert shown["arn"] == arn
    assert shown["input"] == {"path": str(PATH), "version": "v1", "attempt": 1}
    assert [state["name"] for state in shown["states"]] == ["InspectObject", "ScrubObject"]


def test_show_prints_times_and_what_to_do_next(run, bench):
    name = rejected(bench)

    outcome = run("runs", "show", name)

    assert "reason   why\n" in outcome.data
    assert "InspectObject   2026-11-21T05:00:00Z   1.0       1\n" in outcome.data
    assert outcome.messages == (
        f"next: mend the object or the policy; then `lakescrub runs replay {name}`\n"
    )


@pytest.mark.parametrize("how", ["name", "path"])
def test_replay_starts_the_next_attempt(run, bench, how):
    name = rejected(bench)

    outcome = run("runs", "replay", name if how == "name" else PATH)

    assert outcome.code == 0
    assert bench.runs.started == [("uploads", RunInput(PATH, "v1", 2))]
    assert outcome.messages.startswith("started attempt 2: lakescrub runs show uploads-")


def test_replay_tells_an_attempt_that_was_started_before(run, bench):
    name = rejected(bench)
    run("runs", "replay", name)

    outcome = run("runs", "replay", name)

    assert outcome.messages.startswith("attempt 2 was started before")
    assert len(bench.runs.started) == 1


def test_replay_waits_for_a_run_that_is_under_way(run, bench):
    bench.run(bench.upload(), status="RUNNING", became=Status.RUNNING)

    outcome = run("runs", "replay", PATH)

    assert outcome.code == 2
    assert outcome.messages == "its run is still under way; see `lakescrub runs show`\n"


def test_redrive_resumes_the_run_of_a_path(run, bench):
    name = bench.run(bench.upload(), status="FAILED", error="AccessDenied", became=Status.FAILED)

    outcome = run("runs", "redrive", PATH.key)

    assert bench.history.redriven == [bench.history.runs[name].arn]
    assert outcome.messages == f"redriven: lakescrub runs show {name}\n"


@pytest.mark.parametrize("command", ["show", "replay", "redrive"])
@pytest.mark.parametrize(
    ("run_or_path", "message"),
    [
        ("uploads-0-1", "there is no run uploads-0-1\n"),
        ("arn:aws:states:x:execution:y:z", "there is no run arn:aws:states:x:execution:y:z\n"),
        ("dataset/nowhere.json", "the ledger knows no upload of s3://lake/dataset/nowhere.json\n"),
    ],
)
def test_exits_with_5_for_what_is_not_there(run, bench, command, *, run_or_path, message):
    outcome = run("runs", command, run_or_path)

    assert (outcome.code, outcome.data, outcome.messages) == (5, "", message)


def test_show_tells_an_upload_without_a_run(run, bench):
    bench.upload()

    outcome = run("runs", "show", PATH)

    assert outcome.code == 5
    assert outcome.messages == f"no run has taken up {PATH} yet; see `lakescrub schedule show`\n"


def test_replay_points_a_pending_upload_to_its_own_command(run, bench):
    bench.upload()

    outcome = run("runs", "replay", PATH)

    assert outcome.code == 2
    assert outcome.messages == "no run of this key has ended; see `lakescrub schedule run-now`\n"


def test_advice_replays_exactly_the_permanent_errors(bench):
    kinds = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.LakescrubError)
    }
    for name, kind in kinds.items():
        run_name = bench.run(bench.upload(), status="FAILED", error=name)

        told = advice(bench.history.runs[run_name])

        replays = issubclass(kind, errors.PermanentError) and name != "UnknownVersion"
        assert (f"`lakescrub runs replay {run_name}`" in told) == replays, name


def test_advice_blames_the_bucket_and_not_the_object_for_versions_that_are_not_kept(bench):
    name = bench.run(bench.upload(), status="FAILED", error="VersionsNotKept")

    told = advice(bench.history.runs[name])

    assert "versioning" in told
    assert "mend the object" not in told


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_advice_is_silent_where_nothing_is_wrong(bench, status):
    name = bench.run(bench.upload(), status=status)

    assert advice(bench.history.runs[name]) is None
