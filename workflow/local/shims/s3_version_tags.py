"""The tags of a version can be read and written while the current version is a delete marker.

Wrong in ministack 1.5.33: every tagging request answers NoSuchKey once the key is hidden.
AWS: a version's tags belong to the version; only a request without a version id is refused.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
"""

from typing import Any
from xml.sax.saxutils import escape

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_get_object_tagging", "18423568e139a9eb"),
    Pin("ministack.services.s3:_put_object_tagging", "a4475de5cc5db4bd"),
    Pin("ministack.services.s3:_parse_tags_xml", "3e985c6e8404ff31"),
)


def install() -> None:
    """Answer for hidden keys here."""
    wrap(s3, "_get_object_tagging", _reading)
    wrap(s3, "_put_object_tagging", _writing)


def _hidden_version(bucket: str, key: str, query: Any) -> str | None:
    """The version that a request means, if it exists below a delete marker."""
    asked = s3._qp(query or {}, "versionId", "")
    found = s3._ensure_bucket(bucket)
    if not asked or found is None or key in found["objects"]:
        return None
    versions = s3._object_versions.get((bucket, key), [])
    known = {v["version_id"] for v in versions if not v.get("is_delete_marker")}
    return str(asked) if asked in known else None


def _reading(original: Any) -> Any:
    def get(bucket: str, key: str, query: Any = None) -> Any:
        version = _hidden_version(bucket, key, query)
        if version is None:
            return original(bucket, key, query)
        tags = s3._object_tags.get((bucket, key, None if version == "null" else version), {})
        listed = "".join(
            f"<Tag><Key>{escape(name)}</Key><Value>{escape(value)}</Value></Tag>"
            for name, value in tags.items()
        )
        body = f'<Tagging xmlns="{s3.S3_NS}"><TagSet>{listed}</TagSet></Tagging>'
        headers = {"Content-Type": "application/xml", "x-amz-version-id": version}
        return 200, headers, f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode()

    return get


def _writing(original: Any) -> Any:
    def put(bucket: str, key: str, body: bytes, query: Any = None) -> Any:
        version = _hidden_version(bucket, key, query)
        if version is None:
            return original(bucket, key, body, query)
        tags = s3._parse_tags_xml(body)
        s3._object_tags[bucket, key, None if version == "null" else version] = tags
        return 200, {"Content-Type": "application/xml", "x-amz-version-id": version}, b""

    return put
