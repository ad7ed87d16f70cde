"""From the upload to the end, as an uploader, an analyst and an operator would see it."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote_plus

import pytest

from tests.end_to_end.world import canary, eventually, row
from workflow.transitions import Status


def test_scrubs_in_place_and_keeps_all_else(world):
    key, secret = world.key(), canary()
    body = b'{"id": 1,  "secret":"' + secret.encode() + b'", "n": 1.10}\r\n{"id":2}\n'
    version = world.upload(
        key,
        body,
        Metadata={"owner": "team a"},
        ContentType="application/x-ndjson",
        CacheControl="no-store",
        Tagging="team=a&note=b%20c",
    )

    entry = world.run(key, version)

    head = world.s3.head_object(Bucket=world.lake, Key=key)
    assert entry.status is Status.PROCESSED
    assert world.versions(key) == {head["VersionId"]: body.replace(secret.encode(), b"")}
    assert head["Metadata"] == {"owner": "team a"}
    assert head["ContentType"] == "application/x-ndjson"
    assert head["CacheControl"] == "no-store"
    assert world.tags(key) == {
        "team": "a",
        "note": "b c",
        "processed": f"uploads@{entry.policy_digest}",
    }


def test_passes_the_states_in_order_and_records_the_counts(world):
    key = world.key()
    version = world.upload(key, row("x", person={"email": "a@example.com", "name": "A"}))

    entry = world.run(key, version)

    states = world.states_of(entry.execution)
    assert states[:5] == [
        "InspectObject",
        "RouteObject",
        "ScrubObject",
        "EraseVersion",
        "RouteEnding",
    ]
    assert states[5] == "CheckCatalog"
    assert states[-1] == "Processed"
    assert {rule["field"]: rule["changed"] for rule in entry.report["rules"]} == {
        "secret": 1,
        "person.email": 1,
    }
    assert entry.erased_at is not None
    assert entry.outcome.version_id in world.versions(key)
    assert world.ledger.policy(entry.policy_digest) is not None


@pytest.mark.parametrize(
    "name", ["a b.jsonl", "a+b.jsonl", "k=v/a=b.jsonl", "100%25.jsonl", "ä ö/日本.jsonl"]
)
def test_takes_any_key_all_the_way(world, name):
    key = world.key(name)
    version = world.upload(key, row("x"))

    entry = world.run(key, version)

    assert entry.status is Status.PROCESSED
    assert world.body(key) == row("")


def test_writes_nothing_where_no_byte_changes(world):
    key = world.key()
    version = world.upload(key, row(""), Tagging="team=a")

    entry = world.run(key, version)

    assert entry.status is Status.UNCHANGED
    assert list(world.versions(key)) == [version]
    assert world.tags(key)["processed"] == f"uploads@{entry.policy_digest}"
    assert world.writes(key) == []


def test_only_counts_where_the_policy_observes(world):
    key = world.key(dataset="observed")
    version = world.upload(key, row("x"))

    entry = world.run(key, version)

    assert entry.status is Status.OBSERVED
    assert entry.report["rules"][0]["changed"] == 1
    assert world.versions(key) == {version: row("x")}
    assert world.tags(key) == {}


def test_starts_nothing_when_a_timer_is_deleted_by_hand(world):
    key = world.key()
    version = world.upload(key, row("x"))

    world.schedule_table.delete_item(Key={"path": str(world.path(key)), "version": version})
    other = world.key("other.jsonl")
    world.run(other, world.upload(other, row("y")))

    assert world.entry(key, version).status is Status.PENDING
    assert world.executions(key) == []


def test_rejects_a_malformed_row_with_its_place(world):
    key, secret = world.key(dataset="broken"), canary()
    body = row("x") + b'{"id": 2, "secret": "' + secret.encode() + b"\n"
    version = world.upload(key, body)

    entry = world.run(key, version)

    execution = world.execution_ended(entry.execution)
    assert entry.status is Status.REJECTED
    assert entry.failure.name == "MalformedData"
    assert "row 2" in entry.failure.reason
    assert "byte offset" in entry.failure.reason
    assert (execution["status"], execution["error"]) == ("FAILED", "MalformedData")
    assert execution["cause"] == entry.failure.reason
    assert world.versions(key) == {version: body}
    assert world.states_of(entry.execution)[-3:] == [
        "RecordRejection",
        "NotifyRejection",
        "Rejected",
    ]


def test_processes_a_mended_upload_after_a_rejection(world):
    key = world.key(dataset="broken")
    broken = world.upload(key, b'{"id": \n')
    world.run(key, broken)

    mended = world.upload(key, row("x"))
    entry = world.run(key, mended)

    assert entry.status is Status.PROCESSED
    assert world.body(key) == row("")


def test_works_with_a_copied_input_and_another_name(world):
    key = world.key()
    version = world.upload(key, row("x"))
    first = world.run(key, version)
    copied = world.execution_ended(first.execution)["input"]

    again = world.states.start_execution(
        stateMachineArn=world.names.state_machine_arn, name=f"by-hand-{version}", input=copied
    )

    assert world.execution_ended(again["executionArn"])["status"] == "SUCCEEDED"
    assert world.entry(key, version).status is Status.PROCESSED
    assert world.entry(key, version).attempt == 2
    assert len(world.writes(key)) == 1


def test_tells_the_state_machine_no_more_than_which_version(world):
    key, secret = world.key(), canary()
    version = world.upload(key, row(secret))

    entry = world.run(key, version)

    execution = world.execution_ended(entry.execution)
    assert json.loads(execution["input"]) == {
        "path": str(world.path(key)),
        "version": version,
        "attempt": 1,
    }


class TestDuplicates:
    def test_ignores_the_notification_of_its_own_rewrite(self, world):
        key = world.key()
        version = world.upload(key, row("x"))

        entry = world.run(key, version)
        self.deliver_all(world, key)

        assert len(world.entries(key)) == 1
        assert len(world.executions(key)) == 1
        assert len(world.writes(key)) == 1
        assert world.timer(key, entry.outcome.version_id) is None

    def deliver_all(self, world, key):
        """Wait until another upload, notified later, is scheduled."""
        other = world.key("later.jsonl")
        world.upload(other, row("y"))

    def test_takes_one_notification_delivered_to_three_workers_at_once_as_one(self, unnotified):
        world, key = unnotified, unnotified.key()
        version = world.s3.put_object(Bucket=world.lake, Key=key, Body=row("x"))["VersionId"]
        message = notification(world, key, version)

        with ThreadPoolExecutor(3) as workers:
            list(workers.map(deliver, [world] * 3, [message] * 3))

        entry = world.run(key, version)
        deliver(world, message)
        eventually(lambda: world.timer(key, version) is None, what="the timer's end")
        deliver(world, message)
        world.fall_due()
        assert entry.status is Status.PROCESSED
        assert world.entries(key) == [entry]
        assert world.timer(key, version) is None
        assert len(world.executions(key)) == 1
        assert len(world.writes(key)) == 1


@pytest.fixture
def unnotified(world):
    """Switch the lake's notifications off for one test, which delivers them itself."""
    known = world.s3.get_bucket_notification_configuration(Bucket=world.lake)
    known.pop("ResponseMetadata")
    change = world.s3.put_bucket_notification_configuration
    change(Bucket=world.lake, NotificationConfiguration={})
    yield world
    change(Bucket=world.lake, NotificationConfiguration=known)


def deliver(world, message):
    """Hand a batch to schedule_objects, as Lambda would."""
    answer = world.stack.client("lambda").invoke(
        FunctionName=world.names.functions["schedule_objects"], Payload=json.dumps(message)
    )
    assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}


def notification(world, key, version):
    """Build the queue message that S3's notification of a version is delivered in."""
    head = world.s3.head_object(Bucket=world.lake, Key=key, VersionId=version)
    stored = {
        "key": quote_plus(key),
        "size": head["ContentLength"],
        "eTag": head["ETag"].strip('"'),
        "versionId": version,
        "sequencer": "00617F08299329D189",
    }
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": head["LastModified"].isoformat(),
        "s3": {"bucket": {"name": world.lake}, "object": stored},
    }
    return {
        "Records": [
            {
                "messageId": "m",
                "receiptHandle": "r",
                "body": json.dumps({"Records": [record]}),
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:intake",
                "awsRegion": "us-east-1",
            }
        ]
    }
