"""The lake: the S3 bucket with the data. Every read and write of it goes through here."""

import hashlib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from workflow.aws.checksums import DEFAULT_ALGORITHM
from workflow.aws.faults import error_code, told
from workflow.aws.object_reader import ObjectReader
from workflow.aws.object_writer import ObjectWriter
from workflow.entry import Checksum, Intent
from workflow.errors import ServiceUnavailable, UnsupportedEncryption
from workflow.messages import ObjectPath
from workflow.scrub.parquet.managed import Look
from workflow.stored_object import StoredObject, stored_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CARRIED_HEADERS = (
    "Metadata",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
    "StorageClass",
    "ServerSideEncryption",
    "SSEKMSKeyId",
    "BucketKeyEnabled",
)
_ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
_NOT_THERE = frozenset({"404", "NoSuchKey", "NoSuchVersion"})
_DELETE_MARKER = frozenset({"405", "MethodNotAllowed"})
_BARE_REFUSAL = frozenset({"400", "BadRequest"})
# What GetObject says of an object of SSE-C when the request brings no key.
_CUSTOMER_KEY = "InvalidRequest"
_READ_BYTES = 1024 * 1024


class Lake:
    """Objects of the lake, each named by path and S3 version id."""

    def __init__(self, client: "S3Client") -> None:
        """Use a client."""
        self._client = client

    def head(self, path: ObjectPath, version_id: str | None = None) -> StoredObject | None:
        """Look at a version, or at the current one; None where there is none (or a delete marker).

        Raises:
            UnsupportedEncryption: The object is encrypted with a key that the uploader keeps.
            LakescrubError: Any other failure.
        """
        pinned = _pinned(version_id)
        with told(f"HeadObject on {path}"):
            try:
                answer = self._client.head_object(
                    Bucket=path.bucket, Key=path.key, ChecksumMode="ENABLED", **pinned
                )
            except ClientError as error:
                code = error_code(error)
                if code in _NOT_THERE | _DELETE_MARKER:
                    return None
                if code not in _BARE_REFUSAL:
                    raise
                answer = None
        return self._refused(path, pinned) if answer is None else _stored(answer)

    def _refused(self, path: ObjectPath, pinned: Mapping[str, Any]) -> StoredObject:
        """Find out why a HEAD, whose answers have no body, was refused with a bare 400."""
        with told(f"GetObject on {path}"):
            try:
                self._client.get_object(
                    Bucket=path.bucket, Key=path.key, Range="bytes=0-0", **pinned
                )["Body"].close()
            except ClientError as error:
                if error_code(error) != _CUSTOMER_KEY:
                    raise
            else:
                raise ServiceUnavailable(f"HeadObject on {path}: refused, though it can be read")
        raise UnsupportedEncryption(
            f"{path} cannot be read: S3 wants the key that the uploader encrypted it with"
        )

    def keeps_versions(self, path: ObjectPath) -> bool:
        """Say whether the bucket keeps what a write takes the place of."""
        with told(f"GetBucketVersioning on {path.bucket}"):
            return self._client.get_bucket_versioning(Bucket=path.bucket).get("Status") == "Enabled"

    def tags(self, path: ObjectPath, version_id: str | None) -> dict[str, str]:
        """Give the tags of a version."""
        pinned = _pinned(version_id)
        with told(f"GetObjectTagging on {path}"):
            answer = self._client.get_object_tagging(Bucket=path.bucket, Key=path.key, **pinned)
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def tag(self, path: ObjectPath, version_id: str | None, tags: Mapping[str, str]) -> None:
        """Replace all tags of a version."""
        pinned = _pinned(version_id)
        with told(f"PutObjectTagging on {path}"):
            self._client.put_object_tagging(
                Bucket=path.bucket,
                Key=path.key,
                Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]},
                **pinned,
            )

    def open(self, path: ObjectPath, stored: StoredObject) -> BinaryIO:
        """Open exactly the version that was looked at."""
        pinned = {**_pinned(stored.version_id), "IfMatch": f'"{stored.etag}"'}

        def get(byte_range: str | None) -> Any:
            ranged: dict[str, Any] = {"Range": byte_range} if byte_range else {}
            answer = self._client.get_object(Bucket=path.bucket, Key=path.key, **pinned, **ranged)
            return answer["Body"]

        return io.BufferedReader(
            ObjectReader(get, size=stored.size, name=str(path)), buffer_size=_READ_BYTES
        )

    def look_into(self, bucket: str, folder: str) -> Look:
        """See what a folder has in it, as far as one request tells."""
        with told(f"ListObjectsV2 on s3://{bucket}/{folder}"):
            answer = self._client.list_objects_v2(Bucket=bucket, Prefix=folder, Delimiter="/")
        files = {each["Key"] for each in answer.get("Contents", ())}
        folders = {each["Prefix"] for each in answer.get("CommonPrefixes", ())}
        return Look(files | folders, whole=not answer["IsTruncated"])

    def writer(
        self, path: ObjectPath, *, instead_of: StoredObject, tags: Mapping[str, str]
    ) -> ObjectWriter:
        """Begin a rewrite that carries over what the old version came with."""
        algorithm = instead_of.checksum.algorithm if instead_of.checksum else None
        return ObjectWriter(
            self._client, path, carried=instead_of.carried, tags=tags, algorithm=algorithm
        )

    def holds(self, path: ObjectPath, stored: StoredObject, intent: Intent) -> bool:
        """Say whether a version is the one that an intent announced.

        A checksum of 32 or 64 bits is no proof, so the bytes are hashed where S3 does not keep a
        SHA-256 of the whole object.
        """
        if stored.size != intent.size or stored.checksum != intent.checksum:
            return False
        if intent.checksum.algorithm == DEFAULT_ALGORITHM:
            return True
        return self._sha256(path, stored) == intent.sha256

    def erase(self, path: ObjectPath, version_id: str) -> None:
        """Delete exactly one version for good; one that is gone already is no error."""
        with told(f"DeleteObject on {path}"):
            self._client.delete_object(Bucket=path.bucket, Key=path.key, VersionId=version_id)

    def _sha256(self, path: ObjectPath, stored: StoredObject) -> str:
        digest = hashlib.sha256()
        with self.open(path, stored) as source:
            while chunk := source.read(_READ_BYTES):
                digest.update(chunk)
        return digest.hexdigest()


def _pinned(version_id: str | None) -> dict[str, Any]:
    return {"VersionId": version_id} if version_id is not None else {}


def _stored(answer: Mapping[str, Any]) -> StoredObject:
    carried = {name: answer[name] for name in _CARRIED_HEADERS if answer.get(name)}
    return StoredObject(
        version_id=stored_version(answer),
        etag=answer["ETag"].strip('"'),
        size=answer["ContentLength"],
        storage_class=answer.get("StorageClass", "STANDARD"),
        checksum=_checksum(answer),
        carried=carried,
        archive_status=answer.get("ArchiveStatus"),
        restored='ongoing-request="false"' in answer.get("Restore", ""),
        locked_until=answer.get("ObjectLockRetainUntilDate"),
        legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
    )


def _checksum(answer: Mapping[str, Any]) -> Checksum | None:
    for algorithm in _ALGORITHMS:
        if value := answer.get(f"Checksum{algorithm}"):
            return Checksum(algorithm, value)
    return None
