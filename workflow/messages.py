"""Plain values that cross a boundary: a queue, an execution's input, a module's edge."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from workflow.errors import UsageError

_UNSAFE_IN_NAME = re.compile(r"[^0-9A-Za-z_-]")
_DATASET_CHARACTERS_IN_NAME = 32
_HASH_CHARACTERS_IN_NAME = 32


@dataclass(frozen=True, slots=True, order=True)
class ObjectPath:
    """Where an object lives: ``s3://bucket/key``, the key as it is (not URL-encoded)."""

    bucket: str
    key: str

    def __str__(self) -> str:
        """Give the ``s3://`` form."""
        return f"s3://{self.bucket}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the ``s3://`` form.

        Raises:
            UsageError: The text is not of the form ``s3://bucket/key``.
        """
        bucket, slash, key = text.removeprefix("s3://").partition("/")
        if not text.startswith("s3://") or not (bucket and slash and key):
            raise UsageError(f"{text!r} is not a path of the form s3://bucket/key")
        return cls(bucket, key)


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload of one object, as an S3 notification tells it.

    Attributes:
        path: The object.
        version: Identity of this upload: the S3 version id, or ``null.<sequencer>`` where the
            bucket keeps no versions.
        sequencer: Orders the uploads of one key (hexadecimal, compared right-padded).
        etag: Entity tag without quotes; opaque.
        size: Bytes.
        uploaded_at: Time of the upload (timezone-aware).
    """

    path: ObjectPath
    version: str
    sequencer: str
    etag: str
    size: int
    uploaded_at: datetime

    @property
    def version_id(self) -> str | None:
        """The S3 version id, None where the bucket keeps no versions."""
        return version_id(self.version)


def version_id(version: str) -> str | None:
    """Give the S3 version id within a version's identity, None for an unversioned upload."""
    return None if version.startswith("null.") else version


@dataclass(frozen=True, slots=True)
class RunInput:
    """The input of an execution: this, and nothing else, starts a run."""

    path: ObjectPath
    version: str
    attempt: int

    def to_json(self) -> str:
        """Give the same bytes for the same run, as StartExecution's idempotency demands."""
        return json.dumps(
            {"path": str(self.path), "version": self.version, "attempt": self.attempt},
            ensure_ascii=False,
        )

    @classmethod
    def from_mapping(cls, value: Mapping[str, Any]) -> Self:
        """Read an execution's input.

        Raises:
            UsageError: A field is missing or of the wrong type.
        """
        try:
            path, version, attempt = value["path"], value["version"], value["attempt"]
        except (KeyError, TypeError):
            raise UsageError("a run's input is {path, version, attempt}") from None
        if not isinstance(path, str) or not isinstance(version, str) or type(attempt) is not int:
            raise UsageError("a run's input is {path: text, version: text, attempt: number}")
        return cls(ObjectPath.parse(path), version, attempt)


@dataclass(frozen=True, slots=True)
class Timer:
    """One item of the schedule: when a version is due."""

    path: ObjectPath
    version: str
    dataset: str
    due_at: datetime


def execution_name(dataset: str, run: RunInput) -> str:
    """Name an execution after what it works on, so that the same run cannot start twice.

    At most 80 of the characters ``[0-9A-Za-z_-]``, which Step Functions accepts and CloudWatch
    logs can show.
    """
    digest = hashlib.sha256(f"{run.path}\n{run.version}".encode()).hexdigest()
    safe = _UNSAFE_IN_NAME.sub("_", dataset)[:_DATASET_CHARACTERS_IN_NAME]
    return f"{safe}-{digest[:_HASH_CHARACTERS_IN_NAME]}-{run.attempt}"
