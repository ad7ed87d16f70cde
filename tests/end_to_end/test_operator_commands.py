"""What an operator types, against the running system."""

import json

import pytest

from tests.end_to_end.world import canary, eventually, row
from workflow.cli.main import main
from workflow.local.faults import Fault
from workflow.transitions import Status

# The stack is shared: other tests have uploads and runs of their own.
_ALL = ("--limit", "10000")


@pytest.fixture
def lakescrub(world, capsys, monkeypatch):
    """Run a command that succeeds, and give its data."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.stack.endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    def run(*arguments, code=0):
        capsys.readouterr()
        assert main([*arguments, "--json"] if code == 0 else arguments) == code
        said = capsys.readouterr()
        return json.loads(said.out) if code == 0 else said.err

    def act(*arguments):
        assert main(arguments) == 0

    run.act = act
    return run


def test_sees_what_is_due_and_what_became_of_it(world, lakescrub):
    key = world.key()
    version = world.upload(key, row(canary()))

    due = [
        each for each in lakescrub("schedule", "ls", *_ALL) if each["path"] == str(world.path(key))
    ]
    (timer,) = lakescrub("schedule", "show", key)
    world.run(key, version)
    shown = lakescrub("runs", "show", key)
    (entry,) = lakescrub("ledger", "show", key)

    assert [each["version"] for each in due] == [version]
    assert timer["timer"] is not None
    assert shown["status"] == "SUCCEEDED"
    assert [state["name"] for state in shown["states"]][-1] == "Processed"
    assert all(state["left_at"] for state in shown["states"][:-1])
    assert entry["status"] == "processed"
    assert entry["report"]["rules"][0]["changed"] == 1


def test_lists_only_what_is_due_before_a_time(world, lakescrub):
    world.upload(world.key(), row("x"))

    assert lakescrub("schedule", "ls", "--due-before", "2020-01-01") == []


def test_cancels_a_pending_upload_for_good(world, lakescrub):
    key, body = world.key(), row(canary())
    version = world.upload(key, body)

    lakescrub.act("schedule", "cancel", key)
    world.fall_due()

    other = world.upload(world.key("b.jsonl"), row("x"))
    world.run(world.key("b.jsonl"), other)
    assert world.entry(key, version).status is Status.CANCELLED
    assert world.versions(key) == {version: body}


def test_runs_an_upload_before_it_is_due_and_only_once(world, lakescrub):
    key = world.key()
    version = world.upload(key, row(canary()))

    started = lakescrub("schedule", "run-now", key)
    world.ended(key, version)
    world.fall_due()
    other = world.upload(world.key("b.jsonl"), row("x"))
    world.run(world.key("b.jsonl"), other)

    assert started["started"] is True
    assert len(world.executions(key)) == 1


def test_replays_a_rejected_upload_as_the_next_attempt(world, lakescrub):
    key = world.key(dataset="broken")
    version = world.upload(key, b'{"id": 1}\n{"secret": oops}\n')
    world.run(key, version)

    shown = lakescrub("runs", "show", key)
    replayed = lakescrub("runs", "replay", shown["name"])
    again = eventually(lambda: _rejected(world.entry(key, version), 2), what="attempt 2")

    assert shown["failure"]["name"] == "MalformedData"
    assert "row 2" in shown["failure"]["reason"]
    assert f"lakescrub runs replay {shown['name']}" in shown["next_step"]
    failed = lakescrub("runs", "ls", "--status", "failed", *_ALL)
    assert shown["name"] in [run["name"] for run in failed]
    assert replayed["attempt"] == 2
    assert again.failure.name == "MalformedData"


def _rejected(entry, attempt):
    return entry if (entry.status, entry.attempt) == (Status.REJECTED, attempt) else None


def test_redrives_a_failed_run_in_the_state_where_it_failed(world, lakescrub):
    key = world.key()
    version = world.upload(key, row(canary()))
    with world.stack.intercept(
        function="ScrubObjectFunction",
        service="s3",
        operation="PutObject",
        action=Fault(403, "AccessDenied"),
    ):
        world.fall_due()
        running = world.taken_up(key, version)
        world.execution_ended(running.execution, impatient=True)
    failed = lakescrub("runs", "show", key)

    lakescrub.act("runs", "redrive", key)
    entry = world.wait(key, version, Status.PROCESSED)

    assert failed["failure"]["name"] == "AccessDenied"
    assert "runs redrive" in failed["next_step"]
    assert entry.status is Status.PROCESSED
    assert lakescrub("runs", "show", key)["redrives"] == 1


def test_prints_the_policy_that_was_applied(world, lakescrub, capsys):
    key = world.key()
    entry = world.run(key, world.upload(key, row(canary())))

    lakescrub.act("ledger", "policy", entry.policy_digest)

    rules = json.loads(capsys.readouterr().out)["rules"]
    assert {rule["field"] for rule in rules} == {"secret", "person.email"}


def test_lists_entries_by_status(world, lakescrub):
    key = world.key(dataset="broken")
    world.run(key, world.upload(key, b"{oops\n"))

    rejected = lakescrub("ledger", "ls", "--status", "rejected", "--dataset", "broken", *_ALL)

    assert str(world.path(key)) in {entry["path"] for entry in rejected}
    assert {entry["status"] for entry in rejected} == {"rejected"}


def test_runs_one_function_on_a_sample_event(world, capsys, lakescrub):
    lakescrub.act("invoke", "schedule_objects", "--event", "tests/events/s3-test-event.json")

    assert json.loads(capsys.readouterr().out) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runs", "show", "uploads-0-1"], "there is no run uploads-0-1\n"),
        (["runs", "redrive", "uploads-0-1"], "there is no run uploads-0-1\n"),
        (["runs", "ls", "--stack", "nowhere"], "there is no stack nowhere; name another one"),
        (["ledger", "show", "nowhere"], "the ledger knows no upload of s3://"),
    ],
)
def test_exits_with_5_for_what_is_not_there(lakescrub, arguments, message):
    said = lakescrub(*arguments, code=5)

    assert said.startswith(message)
    assert said.count("\n") == 1


def test_tells_in_one_line_that_nothing_answers(lakescrub):
    said = lakescrub("runs", "ls", "--endpoint-url", "http://127.0.0.1:1", code=5)

    assert said == ("nothing answers at http://127.0.0.1:1; `lakescrub up` starts a stack here\n")


def test_tells_in_one_line_that_credentials_are_missing(lakescrub, monkeypatch, tmp_path):
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    said = lakescrub("runs", "ls", code=2)

    assert said == (
        "DescribeStacks lakescrub-dev: no AWS credentials or no region; "
        "set them as for the AWS CLI\n"
    )
