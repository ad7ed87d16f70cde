"""The lake's own reads and writes, against S3 as the embedded stack serves it."""

import itertools
from datetime import UTC, datetime

import pytest

from workflow.aws.lake import Lake
from workflow.aws.object_writer import ObjectWriter
from workflow.entry import Intent
from workflow.errors import ObjectChanged, ObjectMissing
from workflow.messages import ObjectPath

MIB = 1024 * 1024
PART = 5 * MIB
SMALL = b"hello world"
LARGE = bytes(range(256)) * (11 * MIB // 256)
ALGORITHMS = (None, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
_NUMBERS = itertools.count()


@pytest.fixture(scope="module", params=[True, False], ids=["versioned", "unversioned"])
def bucket(stack, request):
    name = f"lake-{'versions' if request.param else 'plain'}"
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=name)
    if request.param:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def s3(stack):
    return stack.client("s3")


@pytest.fixture
def lake(s3):
    return Lake(s3)


@pytest.fixture
def path(bucket):
    return ObjectPath(bucket, f"d ä/+={next(_NUMBERS)}")


def put(s3, path, body=SMALL, **given):
    s3.put_object(Bucket=path.bucket, Key=path.key, Body=body, **given)


def rewrite(s3, path, stored, body):
    writer = ObjectWriter(
        s3,
        path,
        carried=stored.carried,
        tags={"k": "v w", "processed": "x@1"},
        algorithm=stored.checksum.algorithm if stored.checksum else None,
        part_bytes=PART,
    )
    for start in range(0, len(body), MIB):
        writer.write(body[start : start + MIB])
    return writer


def intent_of(writer):
    return Intent("arn", "digest", writer.size, writer.sha256, writer.seal())


@pytest.mark.parametrize("body", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_carries_everything_over(s3, lake, path, algorithm, body):
    given = {"ChecksumAlgorithm": algorithm} if algorithm else {}
    put(
        s3,
        path,
        b"as it was uploaded",
        Metadata={"owner": "team a"},
        ContentType="x/y",
        ContentLanguage="de",
        ContentDisposition="attachment",
        CacheControl="no-store",
        Expires=datetime(2030, 1, 1, tzinfo=UTC),
        **given,
    )
    before = lake.head(path)
    writer = rewrite(s3, path, before, body)
    intent = intent_of(writer)

    written = writer.commit(if_match=before.etag)

    after = lake.head(path)
    assert (after.version_id, after.etag, after.size) == (
        written.version_id,
        written.etag,
        len(body),
    )
    assert after.carried == before.carried
    assert after.checksum == intent.checksum
    assert algorithm in (None, after.checksum.algorithm)
    assert lake.tags(path, after.version_id) == {"k": "v w", "processed": "x@1"}
    assert lake.holds(path, after, intent)
    assert not lake.holds(path, before, intent)
    with lake.open(path, after) as source:
        assert source.read() == body


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_writes_nothing_over_a_newer_upload(s3, lake, path, body):
    put(s3, path)
    before = lake.head(path)
    writer = rewrite(s3, path, before, body)
    put(s3, path, b"newer")

    with pytest.raises(ObjectChanged, match="PreconditionFailed"):
        writer.commit(if_match=before.etag)
    writer.drop()

    assert s3.get_object(Bucket=path.bucket, Key=path.key)["Body"].read() == b"newer"
    assert s3.list_multipart_uploads(Bucket=path.bucket).get("Uploads", []) == []


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_brings_no_deleted_object_back(s3, lake, path, body):
    put(s3, path)
    before = lake.head(path)
    writer = rewrite(s3, path, before, body)
    s3.delete_object(Bucket=path.bucket, Key=path.key)

    with pytest.raises(ObjectMissing):
        writer.commit(if_match=before.etag)
    writer.drop()

    assert lake.head(path) is None


def test_reads_from_any_place_of_the_version_that_was_looked_at(s3, lake, path):
    put(s3, path, LARGE)
    before = lake.head(path)

    with lake.open(path, before) as source:
        source.seek(-10, 2)
        tail = source.read()
        source.seek(MIB)
        middle = source.read(10)
        source.seek(0)
        everything = source.read()

    assert tail == LARGE[-10:]
    assert middle == LARGE[MIB : MIB + 10]
    assert everything == LARGE


def test_refuses_to_read_bytes_of_another_upload(s3, lake, path):
    put(s3, path)
    before = lake.head(path)
    put(s3, path, b"newer")

    if before.version_id is None:
        with pytest.raises(ObjectChanged), lake.open(path, before) as source:
            source.read()
    else:
        with lake.open(path, before) as source:
            assert source.read() == SMALL


@pytest.mark.parametrize("bucket", [True], ids=["versioned"], indirect=True)
def test_erases_one_version_and_minds_no_repetition(s3, lake, path):
    put(s3, path)
    first = lake.head(path)
    put(s3, path, b"newer")

    lake.erase(path, first.version_id)
    lake.erase(path, first.version_id)

    assert lake.head(path, first.version_id) is None
    assert lake.head(path).size == len(b"newer")


def test_sees_no_object_below_a_delete_marker_unless_it_names_the_version(s3, lake, path):
    put(s3, path, Tagging="a=b")
    first = lake.head(path)
    s3.delete_object(Bucket=path.bucket, Key=path.key)

    assert lake.head(path) is None
    if first.version_id is not None:
        assert lake.head(path, first.version_id) == first
        assert lake.tags(path, first.version_id) == {"a": "b"}
