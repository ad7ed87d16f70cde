"""Tags that a multipart upload was created with are the object's tags once it is completed.

Wrong in ministack 1.5.33: the `x-amz-tagging` header of CreateMultipartUpload is dropped.
AWS: "The tag-set for the object."
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_create_multipart_upload", "45580758f4e2f6f3"),
    Pin("ministack.services.s3:_complete_multipart_upload", "3a2c787e9dabd404"),
)
_OK = 200
_TAGS = "lakescrub_tags"
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


def install() -> None:
    """Remember the tags at creation, set them at completion."""
    wrap(s3, "_create_multipart_upload", _creating)
    wrap(s3, "_complete_multipart_upload", _completing)


def _creating(original: Any) -> Any:
    def create(bucket: str, key: str, headers: dict[str, str]) -> Any:
        answer = original(bucket, key, headers)
        found = _UPLOAD_ID.search(answer[2]) if answer[0] == _OK else None
        if found:
            tags = dict(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))
            s3._multipart_uploads[found[1].decode()][_TAGS] = tags
        return answer

    return create


def _completing(original: Any) -> Any:
    def complete(
        bucket: str, key: str, body: bytes, query: Any, headers: dict[str, str] | None = None
    ) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {}
        answer = original(bucket, key, body, query, headers)
        if answer[0] == _OK and _TAGS in upload:
            s3._object_tags[bucket, key, answer[1].get("x-amz-version-id")] = upload[_TAGS]
        return answer

    return complete
