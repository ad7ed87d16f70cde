"""The ledger's entry: what is known of one version, from its upload to its end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from workflow.messages import ObjectPath, Upload, version_id
from workflow.transitions import Position, Status

ENTRY_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Checksum:
    """A full-object checksum as HeadObject shows it (base64; ``-N`` after a composite one)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What a run is about to write, noted before the write, so that it can recognise its own.

    Attributes:
        execution: ARN of the execution that writes.
        policy_digest: The policy that the bytes were scrubbed under.
        size: Bytes of the output.
        sha256: SHA-256 of the output, hexadecimal.
        checksum: The checksum that S3 will store with it.
    """

    execution: str
    policy_digest: str
    size: int
    sha256: str
    checksum: Checksum


@dataclass(frozen=True, slots=True)
class Outcome:
    """What lies under the key after our write.

    Attributes:
        version_id: S3 version id, None where the bucket keeps no versions.
        etag: Entity tag without quotes.
        size: Bytes.
        sha256: SHA-256 of the object, hexadecimal.
        tagged: False where the object had no room for our tag.
    """

    version_id: str | None
    etag: str
    size: int
    sha256: str
    tagged: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run was rejected or failed; no content of the object is in it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One version's entry.

    Times are timezone-aware, ``report`` is ScrubReport.to_dict(), ``replaced`` has the S3 version
    ids of rewrites of our own that a later one replaced and that are not erased yet.
    """

    path: ObjectPath
    version: str
    dataset: str
    sequencer: str
    etag: str
    size: int
    uploaded_at: datetime
    due_at: datetime
    status: Status = Status.PENDING
    attempt: int = 1
    redrive: int = 0
    execution: str | None = None
    started_by: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    policy_digest: str | None = None
    intent: Intent | None = None
    outcome: Outcome | None = None
    report: Mapping[str, Any] | None = None
    failure: Failure | None = None
    replaced: tuple[str, ...] = ()
    erased_at: datetime | None = None
    erase_blocked_until: datetime | None = None

    @classmethod
    def for_upload(cls, upload: Upload, *, dataset: str, due_at: datetime) -> Self:
        """Give the entry that a new upload begins with."""
        return cls(
            path=upload.path,
            version=upload.version,
            dataset=dataset,
            sequencer=upload.sequencer,
            etag=upload.etag,
            size=upload.size,
            uploaded_at=upload.uploaded_at,
            due_at=due_at,
        )

    @property
    def version_id(self) -> str | None:
        """The S3 version id of the upload, None where the bucket keeps no versions."""
        return version_id(self.version)

    @property
    def position(self) -> Position:
        """How far the entry has come."""
        return Position.of(self.status, attempt=self.attempt, redrive=self.redrive)

    @property
    def intent_is_settled(self) -> bool:
        """True where the outcome is that of the write announced last; it may be an older one's."""
        if self.intent is None:
            return True
        return self.outcome is not None and self.outcome.sha256 == self.intent.sha256

    def uploaded_before(self, other: "Entry") -> bool:
        """Say whether this upload of the same key came before another.

        Sequencers are hexadecimal texts of differing length that compare right-padded with zeros
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
        """
        width = max(len(self.sequencer), len(other.sequencer))
        return self.sequencer.ljust(width, "0") < other.sequencer.ljust(width, "0")

    def to_dict(self) -> dict[str, Any]:
        """Give plain values (texts, numbers, lists, mappings), what is not there left out."""
        plain = {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) not in (None, ())
        }
        return {**plain, "position": str(self.position), "entry_format": ENTRY_FORMAT}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read what to_dict gave; fields of later formats are passed over."""
        known = {field.name for field in fields(cls)} - {"path", "status"}
        return cls(
            path=ObjectPath.parse(value["path"]),
            status=Status(value["status"]),
            **{name: _READERS.get(name, _same)(value[name]) for name in known & value.keys()},
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, ObjectPath | Status):
        return str(value)
    if isinstance(value, Intent | Outcome | Failure):
        return {name: part for name, part in asdict(value).items() if part is not None}
    return list(value) if isinstance(value, tuple) else value


def _same(value: Any) -> Any:
    return value


def _intent(value: Mapping[str, Any]) -> Intent:
    return Intent(**{**value, "checksum": Checksum(**value["checksum"])})


def _outcome(value: Mapping[str, Any]) -> Outcome:
    return Outcome(**{"version_id": None, **value})


_READERS: dict[str, Any] = {
    **dict.fromkeys(
        ("uploaded_at", "due_at", "started_at", "ended_at", "erased_at", "erase_blocked_until"),
        datetime.fromisoformat,
    ),
    "intent": _intent,
    "outcome": _outcome,
    "replaced": tuple,
    "failure": lambda value: Failure(**value),
}
