"""MFA delete is kept, shown, and honoured.

Wrong in ministack 1.5.33: PutBucketVersioning forgets MfaDelete; versions are erased all the same.
AWS: GetBucketVersioning shows it, and nobody erases a version, nor changes the versioning, whose
request brings no device's code.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
"""

import re
from typing import Any

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_get_bucket_versioning", "bb5b00e518f2b20c"),
    Pin("ministack.services.s3:_put_bucket_versioning", "db49d089ffc48e36"),
    Pin("ministack.services.s3:_delete_object", "3997907da77a5b5a"),
)
_SETTING = re.compile(rb"<MfaDelete>(\w+)</MfaDelete>")
_KEPT = "_mfa_delete"


def install() -> None:
    """Keep the setting beside the bucket."""
    wrap(s3, "_put_bucket_versioning", _keeping)
    wrap(s3, "_get_bucket_versioning", _showing)
    wrap(s3, "_delete_object", _refusing)


def _keeping(original: Any) -> Any:
    def put(name: str, body: bytes) -> Any:
        answer = original(name, body)
        found = _SETTING.search(body)
        if found and answer[0] == 200:  # noqa: PLR2004 -- HTTP's OK
            s3._buckets[name][_KEPT] = found[1].decode()
        return answer

    return put


def _showing(original: Any) -> Any:
    def get(name: str) -> Any:
        status, headers, body = original(name)
        kept = s3._buckets.get(name, {}).get(_KEPT)
        if kept is not None:
            shown = f"<MfaDelete>{kept}</MfaDelete></VersioningConfiguration>".encode()
            body = body.replace(b"</VersioningConfiguration>", shown)
        return status, headers, body

    return get


def _refusing(original: Any) -> Any:
    def delete(
        bucket_name: str,
        key: str,
        headers: dict[str, str] | None = None,
        query_params: dict[str, Any] | None = None,
    ) -> Any:
        kept = s3._buckets.get(bucket_name, {}).get(_KEPT)
        by_version = "versionId" in (query_params or {})
        if kept == "Enabled" and by_version and "x-amz-mfa" not in (headers or {}):
            text = "Mfa Authentication must be used for this request"
            return s3._error("AccessDenied", text, 403, f"/{bucket_name}/{key}")
        return original(bucket_name, key, headers, query_params)

    return delete
