"""Tags that a multipart upload was created with are the object's tags once it is completed.

Wrong in ministack 1.5.33: the `x-amz-tagging` header of CreateMultipartUpload is dropped.
AWS: "The tag-set for the object."
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
"""

from typing import Any
from urllib.parse import parse_qsl

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.s3_uploads import OK, Headers, Upload, at_creation, of_request
from workflow.local.shims.wrapping import wrap

PINS = (Pin("ministack.services.s3:_complete_multipart_upload", "3a2c787e9dabd404"),)
_TAGS = "lakescrub_tags"


def install() -> None:
    """Remember the tags at creation, set them at completion."""
    at_creation(_note_tags)
    wrap(s3, "_complete_multipart_upload", _completing)


def _note_tags(upload: Upload, headers: Headers) -> None:
    upload[_TAGS] = dict(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))


def _completing(original: Any) -> Any:
    def complete(
        bucket: str, key: str, body: bytes, query: Any, headers: dict[str, str] | None = None
    ) -> Any:
        upload = of_request(query)
        answer = original(bucket, key, body, query, headers)
        if answer[0] == OK and _TAGS in upload:
            s3._object_tags[bucket, key, answer[1].get("x-amz-version-id")] = upload[_TAGS]
        return answer

    return complete
