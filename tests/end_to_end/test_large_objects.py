"""An output larger than what is held in memory goes out in parts, under the same promises."""

from tests.end_to_end.world import canary, row
from workflow.aws.object_writer import PART_BYTES
from workflow.transitions import Status

FILLER = "f" * 1000


def large_body(secret):
    line = row(secret, filler=FILLER)
    return line * (PART_BYTES * 5 // 4 // len(line))


def test_writes_a_large_output_in_parts(world):
    key, secret = world.key(), canary()
    body = large_body(secret)
    version = world.upload(key, body, Tagging="team=a", Metadata={"owner": "a"})

    entry = world.run(key, version)

    head = world.s3.head_object(Bucket=world.lake, Key=key, ChecksumMode="ENABLED")
    assert entry.status is Status.PROCESSED
    assert [call.operation for call in world.writes(key)] == ["CompleteMultipartUpload"]
    assert list(world.versions(key).values()) == [body.replace(secret.encode(), b"")]
    assert head["Metadata"] == {"owner": "a"}
    assert world.tags(key) == {"team": "a", "processed": f"uploads@{entry.policy_digest}"}
    assert head[f"Checksum{entry.intent.checksum.algorithm}"] == entry.intent.checksum.value
    assert world.s3.list_multipart_uploads(Bucket=world.lake).get("Uploads", []) == []


def test_recognises_its_own_completed_upload_after_the_function_was_killed(world):
    key = world.key()
    secret = canary()
    body = large_body(secret)
    version = world.upload(key, body)
    world.intercept(
        function="ScrubObjectFunction",
        service="s3",
        operation="CompleteMultipartUpload",
        when="after",
        times=1,
        action=lambda _call: world.stack.kill_workers("ScrubObjectFunction") and None,
    )

    entry = world.run(key, version)

    assert entry.status is Status.PROCESSED
    assert len(world.writes(key)) == 1
    assert list(world.versions(key).values()) == [body.replace(secret.encode(), b"")]


def test_leaves_no_parts_behind_when_the_object_changed_before_completion(world):
    key = world.key()
    older = world.upload(key, large_body(canary()))
    pause = world.stack.pause(
        function="ScrubObjectFunction", service="s3", operation="CompleteMultipartUpload"
    )
    world.fall_due()
    pause.wait()
    newer = world.s3.put_object(Bucket=world.lake, Key=key, Body=row("x"))["VersionId"]
    pause.release()

    entry = world.ended(key, older)

    assert entry.status is Status.SUPERSEDED
    assert world.versions(key) == {newer: row("x")}
    assert world.s3.list_multipart_uploads(Bucket=world.lake).get("Uploads", []) == []
