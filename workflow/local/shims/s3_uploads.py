"""What shims want to remember of a multipart upload, from its creation to its completion."""

import re
from collections.abc import Callable
from typing import Any, Final

from ministack.services import s3

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (Pin("ministack.services.s3:_create_multipart_upload", "45580758f4e2f6f3"),)
OK: Final = 200
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")

Upload = dict[str, Any]
Headers = dict[str, str]
_Note = Callable[[Upload, Headers], None]
_NOTES: dict[str, _Note] = {}


def at_creation(note: _Note) -> None:
    """Have something noted in each upload that is created, given the headers of its request."""
    _NOTES[f"{note.__module__}.{note.__qualname__}"] = note
    wrap(s3, "_create_multipart_upload", _creating)


def _creating(original: Any) -> Any:
    def create(bucket: str, key: str, headers: Headers) -> Any:
        answer = original(bucket, key, headers)
        found = _UPLOAD_ID.search(answer[2]) if answer[0] == OK else None
        if found:
            for note in _NOTES.values():
                note(s3._multipart_uploads[found[1].decode()], headers)
        return answer

    return create


def of_request(query: Any) -> Upload:
    """Return the upload that a request is about, nothing if there is none."""
    return s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {}
