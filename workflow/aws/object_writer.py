"""A rewrite of one object, under way: bytes come in, one conditional write goes out.

Up to ``PART_BYTES`` the output waits in memory and is written by one PutObject; a larger one is
uploaded in parts as it comes and becomes an object only when the upload is completed. Either way
nothing lies under the key before ``commit``, which carries If-Match, the checksum and the tags.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from workflow.aws.checksums import ObjectChecksum
from workflow.aws.faults import told
from workflow.entry import Checksum
from workflow.errors import LakescrubError, ObjectTooLarge
from workflow.messages import ObjectPath
from workflow.stored_object import Written, stored_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 32 * 1024 * 1024
MAX_PARTS = 10_000  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html


class ObjectWriter:
    """Take the bytes of a rewrite, then write or drop them."""

    def __init__(
        self,
        client: "S3Client",
        path: ObjectPath,
        *,
        carried: Mapping[str, Any],
        tags: Mapping[str, str],
        algorithm: str | None,
        part_bytes: int = PART_BYTES,
    ) -> None:
        """Begin with no bytes and no request.

        Args:
            client: An S3 client.
            path: The key to write.
            carried: Parameters of PutObject that the new version takes over from the old one.
            tags: All tags of the new version.
            algorithm: The checksum to keep with the new version; None for our default.
            part_bytes: Size of a part, and of the largest output held in memory.
        """
        self._client = client
        self._path = path
        self._begun: dict[str, Any] = {**carried, "Tagging": urlencode(tags)}
        self._part_bytes = part_bytes
        self._buffer = bytearray()
        self._checksum = ObjectChecksum(algorithm)
        self._sha256 = hashlib.sha256()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._sealed: Checksum | None = None
        self.size = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of all bytes taken, hexadecimal."""
        return self._sha256.hexdigest()

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Take the next bytes; full parts are uploaded at once.

        Raises:
            ObjectTooLarge: More parts than S3 takes.
            LakescrubError: An upload of a part failed.
        """
        self._buffer += data
        self._sha256.update(data)
        self.size += len(data)
        while len(self._buffer) > self._part_bytes:
            self._upload_part(bytes(memoryview(self._buffer)[: self._part_bytes]))
            del self._buffer[: self._part_bytes]
        return len(data)

    def seal(self) -> Checksum:
        """End the output and give the checksum that S3 will show for it."""
        if self._sealed is None:
            self._sealed = self._seal()
        return self._sealed

    def _seal(self) -> Checksum:
        if self._upload_id is None:
            self._checksum.add(bytes(self._buffer))
            return self._checksum.of_whole()
        if self._buffer:
            self._upload_part(bytes(self._buffer))
            self._buffer.clear()
        return self._checksum.of_parts()

    def commit(self, *, if_match: str) -> Written:
        """Make the output the key's current version, if the key still holds what it should.

        Args:
            if_match: ETag (without quotes) of the version that must be current.

        Raises:
            ObjectChanged: The key holds another version now, or a concurrent write conflicted.
            ObjectMissing: The key is gone, or the upload in parts is no longer known.
            LakescrubError: Any other failure.
        """
        checksum = self.seal()
        condition = f'"{if_match}"'
        if self._upload_id is None:
            return self._put(checksum, condition)
        return self._complete(checksum, condition)

    def drop(self) -> None:
        """Forget the output; parts that were uploaded are removed, if S3 lets us.

        A failure here must not hide why the output is dropped, or that it was written after all
        and only the answer was lost. The bucket's lifecycle removes what stays.
        """
        if self._upload_id is None:
            return
        upload_id, self._upload_id = self._upload_id, None
        with suppress(LakescrubError), told(f"AbortMultipartUpload on {self._path}"):
            self._client.abort_multipart_upload(
                Bucket=self._path.bucket, Key=self._path.key, UploadId=upload_id
            )

    def _put(self, checksum: Checksum, condition: str) -> Written:
        given: dict[str, Any] = {self._checksum.parameter: checksum.value}
        with told(f"PutObject on {self._path}"):
            answer = self._client.put_object(
                Bucket=self._path.bucket,
                Key=self._path.key,
                Body=bytes(self._buffer),
                IfMatch=condition,
                **self._begun,
                **given,
            )
        return _written(answer)

    def _complete(self, checksum: Checksum, condition: str) -> Written:
        given: dict[str, Any] = {self._checksum.parameter: checksum.value.partition("-")[0]}
        if self._checksum.multipart_type == "COMPOSITE":
            given = {self._checksum.parameter: checksum.value}
        with told(f"CompleteMultipartUpload on {self._path}"):
            answer = self._client.complete_multipart_upload(
                Bucket=self._path.bucket,
                Key=self._path.key,
                UploadId=str(self._upload_id),
                IfMatch=condition,
                ChecksumType=self._checksum.multipart_type,  # type: ignore[arg-type]
                MultipartUpload={"Parts": self._parts},  # type: ignore[typeddict-item]
                **given,
            )
        self._upload_id = None
        return _written(answer)

    def _upload_part(self, data: bytes) -> None:
        if len(self._parts) == MAX_PARTS:
            raise ObjectTooLarge(f"{self._path} needs more than {MAX_PARTS} parts")
        if self._upload_id is None:
            self._upload_id = self._create_upload()
        number = len(self._parts) + 1
        given: dict[str, Any] = {self._checksum.parameter: self._checksum.add(data)}
        with told(f"UploadPart on {self._path}"):
            answer = self._client.upload_part(
                Bucket=self._path.bucket,
                Key=self._path.key,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=data,
                **given,
            )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"], **given})

    def _create_upload(self) -> str:
        with told(f"CreateMultipartUpload on {self._path}"):
            answer = self._client.create_multipart_upload(
                Bucket=self._path.bucket,
                Key=self._path.key,
                ChecksumAlgorithm=self._checksum.algorithm,  # type: ignore[arg-type]
                ChecksumType=self._checksum.multipart_type,  # type: ignore[arg-type]
                **self._begun,
            )
        return answer["UploadId"]


def _written(answer: Mapping[str, Any]) -> Written:
    return Written(stored_version(answer), answer["ETag"].strip('"'))
