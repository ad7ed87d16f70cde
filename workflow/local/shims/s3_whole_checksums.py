"""A multipart upload may have a checksum of the whole object.

Wrong in ministack 1.5.33: `x-amz-checksum-type: FULL_OBJECT` is ignored, every upload gets the
composite checksum of its parts, and the right checksum of the whole is refused with BadDigest.
AWS: CRC32, CRC32C and CRC64NVME can be of the full object (CRC64NVME always is); the value that
CompleteMultipartUpload brings is verified, stored, and shown by HEAD.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from typing import Any

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.s3_uploads import OK, Headers, Upload, at_creation, of_request
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_complete_multipart_upload", "3a2c787e9dabd404"),
    Pin("ministack.services.s3:_composite_checksum", "ea388616c79d42fc"),
)
_TYPE = "x-amz-checksum-type"
_ALWAYS_WHOLE = "CRC64NVME"
_WHOLE = "lakescrub_whole_checksum"


def install() -> None:
    """Remember the type at creation, apply it at completion."""
    at_creation(_note_type)
    wrap(s3, "_complete_multipart_upload", _completing)


def _note_type(upload: Upload, headers: Headers) -> None:
    whole = headers.get(_TYPE, "").upper() == "FULL_OBJECT"
    upload[_WHOLE] = whole or upload.get("checksum_algorithm") == _ALWAYS_WHOLE


def _completing(original: Any) -> Any:
    def complete(
        bucket: str, key: str, body: bytes, query: Any, headers: dict[str, str] | None = None
    ) -> Any:
        given = dict(headers or {})
        upload = of_request(query)
        algorithm = upload.get("checksum_algorithm")
        if not upload.get(_WHOLE) or not algorithm:
            return original(bucket, key, body, query, headers)
        wanted = given.pop(f"x-amz-checksum-{algorithm.lower()}", None)
        computed = _of_parts(upload, algorithm)
        if wanted and wanted != computed:
            text = f"The {algorithm} you specified did not match the calculated checksum."
            return s3._error("BadDigest", text, 400, f"/{bucket}/{key}")
        answer = original(bucket, key, body, query, given)
        if answer[0] == OK:
            _store(bucket, key, algorithm=algorithm, checksum=computed)
        return answer

    return complete


def _of_parts(upload: dict[str, Any], algorithm: str) -> str:
    body = b"".join(upload["parts"][number]["body"] for number in sorted(upload["parts"]))
    return str(s3._compute_s3_checksum(algorithm, body))


def _store(bucket: str, key: str, *, algorithm: str, checksum: str) -> None:
    current = s3._ensure_bucket(bucket)["objects"][key]
    latest = [v for v in s3._object_versions.get((bucket, key), []) if v.get("is_latest")]
    for record in (current, *latest):
        record["checksums"] = {algorithm: checksum}
        record["checksum_type"] = "FULL_OBJECT"
