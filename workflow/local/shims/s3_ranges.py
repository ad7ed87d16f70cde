"""GET honours Range together with VersionId.

Wrong in ministack 1.5.33: a GET with a version id ignores the range and gives the whole object
with status 200.
AWS: 206 with the slice, `Content-Range` and no checksum of the whole; 416 beyond the end.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from typing import Any

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.s3:_get_object", "ea6e8ddf1d980ad5"),
    Pin("ministack.services.s3:_parse_range", "57e07c0bb7c0e102"),
)
_OK = 200


def install() -> None:
    """Slice what the emulator gives for a version."""
    wrap(s3, "_get_object", _sliced)


def _sliced(original: Any) -> Any:
    def get(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
        answer = original(bucket, key, headers, query)
        asked = headers.get("range", "")
        if not asked or answer[0] != _OK or not (query or {}).get("versionId"):
            return answer
        _, found, body = answer
        span = s3._parse_range(asked, len(body))
        if span is None:
            refused = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
            return 416, refused, s3._xml_body(s3._range_error_xml(bucket, key))
        start, end = span
        kept = {n: v for n, v in found.items() if not n.lower().startswith("x-amz-checksum-")}
        kept["Content-Length"] = str(end + 1 - start)
        kept["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return 206, kept, body[start : end + 1]

    return get
