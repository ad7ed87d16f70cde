"""An uploader's write at each point of a run: nothing of it may be lost or left behind."""

import pytest

from tests.end_to_end.world import canary, row
from workflow.local.faults import Fault
from workflow.transitions import Status

SCRUB = "ScrubObjectFunction"
ERASE = "EraseVersionFunction"
POINTS = {
    "after InspectObject": {"function": SCRUB, "service": "dynamodb", "operation": "GetItem"},
    "after the first byte of the GET": {
        "function": SCRUB,
        "service": "s3",
        "operation": "GetObject",
        "when": "after",
    },
    "just before the PUT": {"function": SCRUB, "service": "s3", "operation": "PutObject"},
    "between PUT and ledger write": {
        "function": SCRUB,
        "service": "dynamodb",
        "operation": "UpdateItem",
        "nth": 2,
    },
    "between ledger write and erase": {
        "function": ERASE,
        "service": "s3",
        "operation": "DeleteObject",
    },
}
NEWER = {"Metadata": {"upload": "newer"}}


class Upload:
    """Another upload of the same key, by one PUT."""

    def __init__(self, world, key, first):
        self.world, self.key = world, key
        self.body = row(canary(), newer=True)

    def __call__(self):
        answer = self.world.s3.put_object(
            Bucket=self.world.lake, Key=self.key, Body=self.body, **NEWER
        )
        return answer["VersionId"]


class SameBytes(Upload):
    """The same bytes again, with other metadata: the ETag does not tell them apart."""

    def __init__(self, world, key, first):
        super().__init__(world, key, first)
        self.body = first


class MultipartUpload(Upload):
    """An upload in parts that began before the run and is completed in its midst."""

    def __init__(self, world, key, first):
        super().__init__(world, key, first)
        begun = world.s3.create_multipart_upload(Bucket=world.lake, Key=key, **NEWER)
        self.upload = {"Bucket": world.lake, "Key": key, "UploadId": begun["UploadId"]}
        part = world.s3.upload_part(**self.upload, PartNumber=1, Body=self.body)
        self.parts = [{"PartNumber": 1, "ETag": part["ETag"]}]

    def __call__(self):
        answer = self.world.s3.complete_multipart_upload(
            **self.upload, MultipartUpload={"Parts": self.parts}
        )
        return answer["VersionId"]


def run_with(world, key, point, interfere):
    """Let the key's version fall due, stop its run at a point, interfere, let it go on."""
    pause = world.stack.pause(**POINTS[point])
    world.fall_due()
    pause.wait()
    interfered = interfere()
    pause.release()
    return interfered


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", [Upload, MultipartUpload, SameBytes])
def test_keeps_an_upload_in_the_midst_of_a_run(world, kind, point):
    key, secret = world.key(), canary()
    first = world.upload(key, row(secret))
    newer = kind(world, key, row(secret))

    second = run_with(world, key, point, newer)
    entry = world.ended(key, first)
    world.scheduled(key, second)

    # Until its own time comes the newer upload is there, whole, whatever lies above it.
    assert entry.status in (Status.PROCESSED, Status.SUPERSEDED)
    assert world.versions(key)[second] == newer.body
    assert world.body(key) in (newer.body, row(""))
    assert world.entry(key, second).status is Status.PENDING

    entry = world.run(key, second)

    assert entry.status is Status.PROCESSED
    assert set(world.versions(key).values()) <= {row(""), row("", newer=True)}
    assert world.body(key) == newer.body.replace(secret_in(newer.body), b"")
    head = world.s3.head_object(Bucket=world.lake, Key=key)
    assert head["Metadata"] == NEWER["Metadata"]


def secret_in(body):
    return body.split(b'"secret": "')[1].split(b'"')[0]


@pytest.mark.parametrize("point", POINTS)
def test_keeps_a_deletion_in_the_midst_of_a_run(world, point):
    key = world.key()
    version = world.upload(key, row(canary()))

    def delete():
        world.s3.delete_object(Bucket=world.lake, Key=key)

    run_with(world, key, point, delete)
    entry = world.ended(key, version)

    listed = world.s3.list_objects_v2(Bucket=world.lake, Prefix=key)
    assert entry.status in (Status.PROCESSED, Status.GONE)
    assert listed["KeyCount"] == 0
    assert set(world.versions(key).values()) <= {row("")}


class TestVersions:
    def test_scrubs_the_newer_and_erases_the_older_upload_each_at_its_time(self, world):
        key = world.key()
        older = world.upload(key, row(canary()))
        world.stack.advance(100)
        newer_body = row(canary(), newer=True)
        newer = world.upload(key, newer_body)

        world.stack.advance(205)
        first = world.ended(key, older)

        assert first.status is Status.SUPERSEDED
        assert world.versions(key) == {newer: newer_body}
        assert world.entry(key, newer).status is Status.PENDING

        second = world.run(key, newer)

        assert second.status is Status.PROCESSED
        assert list(world.versions(key).values()) == [row("", newer=True)]
        assert len(world.writes(key)) == 1

    def test_erases_every_upload_of_a_key_that_is_overwritten_before_each_due_time(self, world):
        key = world.key()
        bodies = {}
        for _ in range(3):
            body = row(canary())
            bodies[world.upload(key, body)] = body
            world.stack.advance(200)

        *older, newest = bodies
        endings = [world.ended(key, version).status for version in older[:1]]
        world.fall_due()
        endings += [world.ended(key, version).status for version in (*older[1:], newest)]

        assert endings == [Status.SUPERSEDED, Status.SUPERSEDED, Status.PROCESSED]
        assert list(world.versions(key).values()) == [row("")]


class TestLostAnswers:
    def test_recognises_its_own_write_after_the_function_was_killed(self, world):
        key = world.key()
        version = world.upload(key, row(canary()))

        def kill(_call):
            world.stack.kill_workers(SCRUB)

        world.intercept(
            function=SCRUB, service="s3", operation="PutObject", when="after", times=1, action=kill
        )
        entry = world.run(key, version)

        assert entry.status is Status.PROCESSED
        assert len(world.writes(key)) == 1
        assert list(world.versions(key).values()) == [row("")]
        assert entry.outcome.version_id in world.versions(key)

    def test_writes_at_most_twice_while_the_ledger_refuses_every_write_after_the_put(self, world):
        key = world.key()
        version = world.upload(key, row(canary()))
        written = []
        world.intercept(
            function=SCRUB,
            service="s3",
            operation="PutObject",
            when="after",
            action=lambda call: written.append(call) or None,
        )
        refusal = world.intercept(
            function=SCRUB,
            service="dynamodb",
            operation="UpdateItem",
            action=lambda _call: Fault(500, "InternalServerError") if written else None,
        )

        world.fall_due()
        arn = world.taken_up(key, version).execution
        execution = world.execution_ended(arn, impatient=True)

        assert execution["status"] == "FAILED"
        assert execution["error"] == "ServiceUnavailable"
        assert len(world.writes(key)) <= 2
        assert len(world.entries(key)) == 1

        refusal.remove()
        world.states.redrive_execution(executionArn=arn)
        world.execution_ended(arn)

        entry = world.entry(key, version)
        assert (entry.status, entry.redrive) == (Status.PROCESSED, 1)
        assert len(world.writes(key)) <= 2
        assert list(world.versions(key).values()) == [row("")]
