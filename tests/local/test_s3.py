"""S3 as the rewrite relies on it: conditions, versions, ranges, checksums, tags, notifications."""

import base64
import hashlib
import json
import urllib.parse
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.lab import Lab, wait_for

PART = 5 * 1024 * 1024


def code(error: "pytest.ExceptionInfo[ClientError]") -> str:
    return str(error.value.response["Error"]["Code"])


def put(lab: Lab, bucket: str, key: str = "k", body: bytes = b"0123456789", **more: Any) -> Any:
    return lab.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **more)


def sha256(*bodies: bytes) -> str:
    return base64.b64encode(hashlib.sha256(b"".join(bodies)).digest()).decode()


def upload(lab: Lab, bucket: str, *bodies: bytes, complete: dict[str, Any], **create: Any) -> Any:
    s3 = lab.client("s3")
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k", **create)
    given = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    algorithm = create.get("ChecksumAlgorithm")
    parts = []
    for number, body in enumerate(bodies, 1):
        more = {"ChecksumAlgorithm": algorithm} if algorithm else {}
        made = s3.upload_part(**given, PartNumber=number, Body=body, **more)
        sums = {name: made[name] for name in made if name.startswith("Checksum")}
        sums.pop("ChecksumType", None)
        parts.append({"PartNumber": number, "ETag": made["ETag"], **sums})
    return s3.complete_multipart_upload(**given, MultipartUpload={"Parts": parts}, **complete)


def test_gives_a_range_of_a_version(lab: Lab) -> None:
    bucket = lab.bucket()
    old = put(lab, bucket)["VersionId"]
    put(lab, bucket, body=b"abcdefghij")

    found = lab.client("s3").get_object(Bucket=bucket, Key="k", VersionId=old, Range="bytes=2-4")

    assert found["Body"].read() == b"234"
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert found["ContentRange"] == "bytes 2-4/10"
    assert found["VersionId"] == old


def test_refuses_a_range_beyond_the_end_of_a_version(lab: Lab) -> None:
    bucket = lab.bucket()
    version = put(lab, bucket)["VersionId"]

    with pytest.raises(ClientError) as refused:
        lab.client("s3").get_object(Bucket=bucket, Key="k", VersionId=version, Range="bytes=99-")

    assert code(refused) == "InvalidRange"


def test_copies_only_where_nothing_is_when_told_so(lab: Lab) -> None:
    bucket = lab.bucket()
    put(lab, bucket, "source", b"new")
    put(lab, bucket, "target", b"old")
    s3, source = lab.client("s3"), {"Bucket": bucket, "Key": "source"}

    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket=bucket, Key="target", CopySource=source, IfNoneMatch="*")
    s3.copy_object(Bucket=bucket, Key="free", CopySource=source, IfNoneMatch="*")

    assert code(refused) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="target")["Body"].read() == b"old"
    assert s3.get_object(Bucket=bucket, Key="free")["Body"].read() == b"new"


def test_copies_over_the_expected_object_only(lab: Lab) -> None:
    bucket = lab.bucket()
    put(lab, bucket, "source", b"new")
    etag = put(lab, bucket, "target", b"old")["ETag"]
    s3, source = lab.client("s3"), {"Bucket": bucket, "Key": "source"}

    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket=bucket, Key="target", CopySource=source, IfMatch='"other"')
    s3.copy_object(Bucket=bucket, Key="target", CopySource=source, IfMatch=etag)

    assert code(refused) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="target")["Body"].read() == b"new"


def test_shows_the_tags_of_a_version_below_a_delete_marker(lab: Lab) -> None:
    bucket, s3 = lab.bucket(), lab.client("s3")
    version = put(lab, bucket, Tagging="a=1&b=2")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")

    found = s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=version)

    assert found["TagSet"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    with pytest.raises(ClientError):
        s3.get_object_tagging(Bucket=bucket, Key="k")


def test_changes_the_tags_of_a_version_below_a_delete_marker(lab: Lab) -> None:
    bucket, s3 = lab.bucket(), lab.client("s3")
    version = put(lab, bucket, Tagging="a=1")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")
    chosen = {"Bucket": bucket, "Key": "k", "VersionId": version}

    s3.put_object_tagging(**chosen, Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})

    assert s3.get_object_tagging(**chosen)["TagSet"] == [{"Key": "c", "Value": "3"}]


def test_writes_only_over_the_expected_object(lab: Lab) -> None:
    bucket = lab.bucket()
    etag = put(lab, bucket)["ETag"]

    put(lab, bucket, body=b"1", IfMatch=etag)
    with pytest.raises(ClientError) as changed:
        put(lab, bucket, body=b"2", IfMatch=etag)
    lab.client("s3").delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as gone:
        put(lab, bucket, body=b"3", IfMatch=etag)

    assert (code(changed), code(gone)) == ("PreconditionFailed", "NoSuchKey")


@pytest.mark.parametrize("condition", ["IfMatch", "IfNoneMatch"])
def test_completes_an_upload_under_a_condition(lab: Lab, condition: str) -> None:
    bucket = lab.bucket()
    put(lab, bucket)
    wrong = {"IfMatch": '"other"', "IfNoneMatch": "*"}[condition]

    with pytest.raises(ClientError) as refused:
        upload(lab, bucket, b"x", complete={condition: wrong})

    assert code(refused) == "PreconditionFailed"


def test_completes_an_upload_over_the_expected_object(lab: Lab) -> None:
    bucket = lab.bucket()
    etag = put(lab, bucket)["ETag"]

    upload(lab, bucket, b"x" * PART, b"y", complete={"IfMatch": etag})

    assert lab.client("s3").head_object(Bucket=bucket, Key="k")["ContentLength"] == PART + 1


def test_copies_a_part_of_the_expected_source_only(lab: Lab) -> None:
    bucket, s3 = lab.bucket(), lab.client("s3")
    made = put(lab, bucket, "source", b"0123456789")
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k")
    part = {
        "Bucket": bucket,
        "Key": "k",
        "UploadId": begun["UploadId"],
        "PartNumber": 1,
        "CopySource": {"Bucket": bucket, "Key": "source", "VersionId": made["VersionId"]},
    }

    with pytest.raises(ClientError) as refused:
        s3.upload_part_copy(**part, CopySourceIfMatch='"other"')
    s3.upload_part_copy(**part, CopySourceIfMatch=made["ETag"], CopySourceRange="bytes=2-4")

    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=begun["UploadId"])
    assert code(refused) == "PreconditionFailed"
    assert listed["Parts"][0]["Size"] == 3


def test_refuses_a_wrong_checksum_and_stores_a_right_one(lab: Lab) -> None:
    bucket = lab.bucket()

    with pytest.raises(ClientError) as refused:
        put(lab, bucket, body=b"data", ChecksumSHA256=sha256(b"other"))
    put(lab, bucket, body=b"data", ChecksumSHA256=sha256(b"data"))

    found = lab.client("s3").head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert code(refused) == "BadDigest"
    assert found["ChecksumSHA256"] == sha256(b"data")
    assert found["ChecksumType"] == "FULL_OBJECT"


def test_keeps_the_crc32_that_clients_send_by_default(lab: Lab) -> None:
    bucket = lab.bucket()
    put(lab, bucket, body=b"data")

    found = lab.client("s3").head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")

    expected = base64.b64encode(zlib.crc32(b"data").to_bytes(4, "big")).decode()
    assert found["ChecksumCRC32"] == expected


def test_keeps_checksums_of_versions(lab: Lab) -> None:
    bucket = lab.bucket()
    old = put(lab, bucket, body=b"old", ChecksumAlgorithm="SHA256")["VersionId"]
    put(lab, bucket, body=b"new", ChecksumAlgorithm="SHA256")

    found = lab.client("s3").head_object(
        Bucket=bucket, Key="k", VersionId=old, ChecksumMode="ENABLED"
    )

    assert found["ChecksumSHA256"] == sha256(b"old")


def test_composes_the_sha256_of_an_upload_from_its_parts(lab: Lab) -> None:
    bucket, bodies = lab.bucket(), (b"x" * PART, b"y")

    upload(lab, bucket, *bodies, complete={}, ChecksumAlgorithm="SHA256")

    found = lab.client("s3").head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    digests = b"".join(hashlib.sha256(body).digest() for body in bodies)
    assert found["ChecksumSHA256"] == f"{sha256(digests)}-2"
    assert found["ChecksumType"] == "COMPOSITE"


def test_gives_an_upload_a_crc32_of_the_whole_object_when_asked(lab: Lab) -> None:
    bucket, bodies = lab.bucket(), (b"x" * PART, b"y")
    whole = base64.b64encode(zlib.crc32(b"".join(bodies)).to_bytes(4, "big")).decode()

    upload(
        lab,
        bucket,
        *bodies,
        complete={"ChecksumType": "FULL_OBJECT", "ChecksumCRC32": whole},
        ChecksumAlgorithm="CRC32",
        ChecksumType="FULL_OBJECT",
    )

    found = lab.client("s3").head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (found["ChecksumCRC32"], found["ChecksumType"]) == (whole, "FULL_OBJECT")


def test_keeps_metadata_headers_and_tags_of_one_request(lab: Lab) -> None:
    bucket, s3 = lab.bucket(), lab.client("s3")
    put(
        lab,
        bucket,
        Metadata={"a": "1"},
        ContentType="text/x-mine",
        ContentEncoding="gzip",
        CacheControl="no-store",
        Tagging="t=1",
        StorageClass="STANDARD_IA",
    )

    found = s3.head_object(Bucket=bucket, Key="k")

    assert found["Metadata"] == {"a": "1"}
    assert found["ContentType"] == "text/x-mine"
    assert found["ContentEncoding"] == "gzip"
    assert found["CacheControl"] == "no-store"
    assert found["StorageClass"] == "STANDARD_IA"
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_keeps_one_object_in_a_bucket_without_versions(lab: Lab) -> None:
    bucket, s3 = lab.bucket(versioned=False), lab.client("s3")

    first = put(lab, bucket, body=b"1")
    put(lab, bucket, body=b"2", IfMatch=first["ETag"])

    assert "VersionId" not in first
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_deletes_exactly_one_version(lab: Lab) -> None:
    bucket, s3 = lab.bucket(), lab.client("s3")
    versions = [put(lab, bucket, body=str(n).encode())["VersionId"] for n in range(3)]

    s3.delete_object(Bucket=bucket, Key="k", VersionId=versions[1])

    left = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [version["VersionId"] for version in left] == [versions[2], versions[0]]


KEY = "folder/a b+c=d%é.json"


def messages(lab: Lab, url: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def look() -> bool:
        received = lab.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600
        )
        found.extend(json.loads(message["Body"]) for message in received.get("Messages", []))
        return len(found) >= count

    wait_for(look)
    return found


def notified(lab: Lab, bucket: str, **configuration: Any) -> str:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
        ],
    }
    url, queue = lab.queue(Policy=json.dumps(policy))
    lab.client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [
                {"QueueArn": queue, "Events": ["s3:ObjectCreated:*"], **configuration}
            ]
        },
    )
    return url


def test_notifies_with_version_sequencer_etag_and_an_encoded_key(lab: Lab) -> None:
    bucket = lab.bucket()
    url = notified(lab, bucket)
    made = [put(lab, bucket, KEY, str(n).encode()) for n in range(2)]

    bodies = messages(lab, url, 3)

    records = [record for body in bodies for record in body.get("Records", [])]
    objects = {record["s3"]["object"]["versionId"]: record["s3"]["object"] for record in records}
    first, second = (objects[each["VersionId"]] for each in made)
    assert urllib.parse.unquote_plus(first["key"]) == KEY
    assert first["key"] == "folder/a+b%2Bc%3Dd%25%C3%A9.json"
    assert first["eTag"] == made[0]["ETag"].strip('"')
    assert first["size"] == 1
    assert int(first["sequencer"], 16) < int(second["sequencer"], 16)
    assert {record["eventName"] for record in records} == {"ObjectCreated:Put"}
    assert any(body.get("Event") == "s3:TestEvent" for body in bodies)


def test_notifies_without_a_version_where_the_bucket_keeps_none(lab: Lab) -> None:
    bucket = lab.bucket(versioned=False)
    url = notified(lab, bucket)
    put(lab, bucket)

    records = [r for body in messages(lab, url, 2) for r in body.get("Records", [])]

    assert "versionId" not in records[0]["s3"]["object"]
    assert "sequencer" in records[0]["s3"]["object"]


def test_tells_how_an_object_was_created(lab: Lab) -> None:
    bucket = lab.bucket()
    url = notified(lab, bucket)
    put(lab, bucket, "source")
    upload(lab, bucket, b"x", complete={})
    lab.client("s3").copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "source"}
    )

    records = [r for body in messages(lab, url, 4) for r in body.get("Records", [])]

    assert {record["eventName"] for record in records} == {
        "ObjectCreated:Put",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:Copy",
    }


def test_sends_events_to_event_bridge_where_the_bucket_says_so(lab: Lab) -> None:
    bucket, s3, events = lab.bucket(), lab.client("s3"), lab.client("events")
    url, queue = lab.queue()
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    rule = lab.name("rule")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue}])

    made = put(lab, bucket, KEY, b"12")

    event = messages(lab, url, 1)[0]
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["reason"] == "PutObject"
    assert event["detail"]["object"]["key"] == KEY
    assert event["detail"]["object"]["version-id"] == made["VersionId"]
    assert event["detail"]["object"]["etag"] == made["ETag"].strip('"')
    assert event["detail"]["object"]["size"] == 2
    assert int(event["detail"]["object"]["sequencer"], 16) > 0
