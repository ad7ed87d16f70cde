"""InspectObject: claim the ledger's entry, look at the object as it is now, decide what to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from workflow.entry import Entry
from workflow.errors import (
    ObjectArchived,
    ObjectKeepsChanging,
    UnknownDataset,
    UnknownVersion,
)
from workflow.execution import Execution
from workflow.policy import Policies
from workflow.steps.kept_versions import check_versions
from workflow.steps.own_writes import is_output_of, writers_of
from workflow.stored_object import StoredObject
from workflow.stores import LakeStore, LedgerStore
from workflow.transitions import PARKED, Status

MAX_ROUNDS = 5
_CLAIM_TRIES = 5


class Decision(StrEnum):
    """Where RouteObject goes."""

    SCRUB = "scrub"
    SUPERSEDED = "superseded"
    GONE = "gone"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What InspectObject found.

    Attributes:
        decision: Where to go.
        attempt: The attempt that the run claimed.
        rounds: How often the run has inspected since it started or was redriven.
        redrive: The redrive that the rounds are counted in.
        source_version: S3 version id of the bytes to scrub; None where there are no versions.
        source_etag: Their ETag.
        if_match: ETag of the version that must still be current when the output is written.
    """

    decision: Decision
    attempt: int
    rounds: int = 1
    redrive: int = 0
    source_version: str | None = None
    source_etag: str | None = None
    if_match: str | None = None

    def to_event(self) -> dict[str, Any]:
        """Give the Task's result."""
        return asdict(self)

    @classmethod
    def from_event(cls, value: Mapping[str, Any]) -> Self:
        """Read the Task's result."""
        return cls(**{**value, "decision": Decision(value["decision"])})


@dataclass(frozen=True, slots=True)
class Request:
    """The Task's payload.

    Attributes:
        execution: The run.
        previous: The inspection before this one, where the object changed in between.
    """

    execution: Execution
    previous: Inspection | None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the payload."""
        previous = event["state"].get("inspection")
        return cls(
            Execution.from_context(event["execution"]),
            Inspection.from_event(previous) if previous else None,
        )


def run(
    request: Request,
    *,
    lake: LakeStore,
    ledger: LedgerStore,
    policies: Policies,
    now: datetime,
    versions_needed: bool = False,
) -> Inspection:
    """Claim the entry and decide.

    Args:
        request: The run, and what it saw before.
        lake: The objects.
        ledger: The entries.
        policies: The policies in force.
        now: The time.
        versions_needed: Refuse to rewrite what no version would keep.

    Raises:
        UnknownVersion: The ledger has no entry for the version.
        UnknownDataset: No dataset of the policies in force matches the key.
        ObjectArchived: The object must be restored first.
        VersionsNotKept: A rewrite would be for good, and nothing allows that.
        ObjectKeepsChanging: The object was inspected ``MAX_ROUNDS`` times since the last redrive.
        LakescrubError: A store failed.
    """
    execution = request.execution
    rounds = _rounds(request)
    entry = _claim(request, ledger=ledger, now=now)
    if entry is None:
        return Inspection(Decision.HELD, attempt=execution.run.attempt, rounds=rounds)
    dataset = policies.match(execution.path.key)
    if dataset is None:
        raise UnknownDataset(f"no dataset of the policy in force matches {execution.path}")
    found = _decide(entry, lake=lake, ledger=ledger)
    if versions_needed and dataset.enforce and found.decision is Decision.SCRUB:
        check_versions(execution.path, found.source_version, lake=lake)
    return replace(found, attempt=entry.attempt, rounds=rounds, redrive=execution.redrive)


def _rounds(request: Request) -> int:
    previous = request.previous
    if previous is None or previous.redrive != request.execution.redrive:
        return 1
    if previous.rounds >= MAX_ROUNDS:
        raise ObjectKeepsChanging(
            f"{request.execution.path} changed {MAX_ROUNDS} times between inspection and write;"
            " redrive the execution when its writers are quiet"
        )
    return previous.rounds + 1


def _claim(request: Request, *, ledger: LedgerStore, now: datetime) -> Entry | None:
    execution = request.execution
    for _ in range(_CLAIM_TRIES):
        entry = ledger.get(execution.path, execution.version)
        if entry is None:
            raise UnknownVersion(
                f"the ledger has no entry for version {execution.version} of {execution.path}"
            )
        if entry.status in PARKED or _overtaken(entry, request):
            return None
        claimed = _claimed(entry, execution, now=now)
        if claimed == entry or ledger.advance(entry, claimed):
            return claimed
    # Somebody else moves the entry as fast as we read it; they are further than we are.
    return None


def _overtaken(entry: Entry, request: Request) -> bool:
    """Say whether another run claimed the entry after this one had."""
    return request.previous is not None and entry.execution != request.execution.arn


def _claimed(entry: Entry, execution: Execution, *, now: datetime) -> Entry:
    if entry.execution == execution.arn:
        if entry.redrive == execution.redrive:
            return entry
        return replace(
            entry,
            status=Status.RUNNING,
            redrive=execution.redrive,
            started_at=entry.started_at or now,
            ended_at=None,
            failure=None,
        )
    # A run that was started with the input of another one, by hand, is an attempt of its own.
    unclaimed = entry.status is Status.PENDING and execution.run.attempt >= entry.attempt
    attempt = execution.run.attempt if unclaimed else max(execution.run.attempt, entry.attempt + 1)
    return replace(
        entry,
        status=Status.RUNNING,
        attempt=attempt,
        redrive=execution.redrive,
        execution=execution.arn,
        started_at=now,
        ended_at=None,
        failure=None,
    )


def _decide(entry: Entry, *, lake: LakeStore, ledger: LedgerStore) -> Inspection:
    current = lake.head(entry.path)
    if current is None:
        return Inspection(Decision.GONE, attempt=entry.attempt)
    source = _source(entry, current, lake=lake, ledger=ledger)
    if source is None:
        return Inspection(Decision.SUPERSEDED, attempt=entry.attempt)
    if source.archived:
        raise ObjectArchived(f"{entry.path} must be restored from {source.storage_class} first")
    return Inspection(
        Decision.SCRUB,
        attempt=entry.attempt,
        source_version=source.version_id,
        source_etag=source.etag,
        if_match=current.etag,
    )


def _source(
    entry: Entry, current: StoredObject, *, lake: LakeStore, ledger: LedgerStore
) -> StoredObject | None:
    """Give the version whose bytes are to be scrubbed; None where a newer upload took its place."""
    if is_output_of(entry, entry.path, current, lake=lake):
        return current
    others = [other for other in ledger.uploads_of(entry.path) if other.version != entry.version]
    if current.version_id != entry.version_id:
        return _below_our_own(entry, current, others, lake=lake)
    if current.version_id is not None:
        return current
    # Without versions only the ETag tells what lies there, and the same bytes may have been
    # uploaded again: then the newer upload has a timer of its own, which is the one that counts.
    newer = any(entry.uploaded_before(other) and other.etag == current.etag for other in others)
    return None if newer or current.etag != entry.etag else current


def _below_our_own(
    entry: Entry, current: StoredObject, others: list[Entry], *, lake: LakeStore
) -> StoredObject | None:
    """Give the entry's own version where only our rewrite of an older upload lies above it.

    S3 may order an upload that ran at the same time below our write; it is newer data all the same.
    """
    writers = writers_of(others, entry.path, current, lake=lake)
    if not writers or any(map(entry.uploaded_before, writers)) or entry.version_id is None:
        return None
    return lake.head(entry.path, entry.version_id)
