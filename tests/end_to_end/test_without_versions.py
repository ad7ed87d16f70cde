"""A bucket that keeps no versions: identity is the notification's sequencer."""

import pytest

from tests.end_to_end.world import canary, eventually, row
from workflow.transitions import Status


@pytest.fixture
def unversioned(world):
    """Suspend the lake's versioning for one test: uploads get the null version."""
    switch = world.s3.put_bucket_versioning
    switch(Bucket=world.lake, VersioningConfiguration={"Status": "Suspended"})
    yield world
    switch(Bucket=world.lake, VersioningConfiguration={"Status": "Enabled"})


def upload(world, key, body):
    """Put an object; give the identity that its notification told."""
    known = {entry.version for entry in world.entries(key)}
    world.s3.put_object(Bucket=world.lake, Key=key, Body=body)
    version = eventually(
        lambda: [entry.version for entry in world.entries(key) if entry.version not in known],
        what=f"scheduling {key}",
    )[0]
    return world.scheduled(key, version)


def test_scrubs_the_same_bytes_again_when_they_are_uploaded_again(unversioned):
    world, secret = unversioned, canary()
    key = world.key()

    for writes in (1, 2):
        version = upload(world, key, row(secret))
        entry = world.run(key, version)

        assert version.startswith("null.")
        assert entry.status is Status.PROCESSED
        assert world.body(key) == row("")
        assert len(world.writes(key)) == writes

    assert len(world.entries(key)) == 2


def test_leaves_an_overwritten_upload_to_the_newer_ones_timer(unversioned):
    world = unversioned
    key = world.key()
    older = upload(world, key, row(canary()))
    world.stack.advance(100)
    newer_body = row(canary())
    newer = upload(world, key, newer_body)
    world.stack.advance(205)

    assert world.ended(key, older).status is Status.SUPERSEDED
    assert world.body(key) == newer_body
    assert world.run(key, newer).status is Status.PROCESSED
    assert world.body(key) == row("")


@pytest.mark.parametrize("taken", ["overwritten", "deleted"])
def test_erases_what_lives_on_once_versions_are_kept(unversioned, taken):
    world, secret = unversioned, canary()
    key = world.key()
    older = upload(world, key, row(secret))
    world.s3.put_bucket_versioning(Bucket=world.lake, VersioningConfiguration={"Status": "Enabled"})
    if taken == "overwritten":
        world.upload(key, row("y"))
    else:
        world.s3.delete_object(Bucket=world.lake, Key=key)

    entry = world.run(key, older)

    assert entry.status is (Status.SUPERSEDED if taken == "overwritten" else Status.GONE)
    assert entry.erased_at is not None
    assert row(secret) not in world.versions(key).values()
