"""EraseVersion: delete the version that the run was started for, and close its entry.

Nothing is listed and nothing "older" is deleted: S3 may order a concurrent upload below our write.
Besides the upload itself only a rewrite of our own that this run replaced is deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from workflow.entry import Entry
from workflow.errors import ObjectChanged, UnknownDataset, UnknownVersion
from workflow.execution import Execution
from workflow.messages import ObjectPath
from workflow.policy import Policies
from workflow.steps.inspect_object import Decision, Inspection
from workflow.stored_object import StoredObject
from workflow.stores import LakeStore, LedgerStore
from workflow.transitions import Status

LOOK_AGAIN_AFTER = timedelta(days=1)
NULL_VERSION = "null"


@dataclass(frozen=True, slots=True)
class Request:
    """The Task's payload.

    Attributes:
        execution: The run.
        inspection: What InspectObject found.
        ending: The status that the entry shall end with.
    """

    execution: Execution
    inspection: Inspection
    ending: Status

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the payload."""
        inspection = Inspection.from_event(event["state"]["inspection"])
        if inspection.decision is Decision.SCRUB:
            ending = Status(event["state"]["scrubbed"]["ending"])
        else:
            ending = Status(inspection.decision.value)
        return cls(Execution.from_context(event["execution"]), inspection, ending)


@dataclass(frozen=True, slots=True)
class Result:
    """How the version ended."""

    ending: Status
    erased: bool

    def to_event(self) -> dict[str, Any]:
        """Give the Task's result."""
        return {"ending": self.ending.value, "erased": self.erased}


def run(
    request: Request, *, lake: LakeStore, ledger: LedgerStore, policies: Policies, now: datetime
) -> Result:
    """Erase the version where the policy says so, then write the entry's end.

    Raises:
        ObjectChanged: The version is current again though it was not: inspect again.
        UnknownVersion: The ledger has no entry for the version.
        UnknownDataset: No dataset of the policies in force matches the key.
        LakescrubError: A store failed.
    """
    execution = request.execution
    entry = ledger.get(execution.path, execution.version)
    if entry is None:
        raise UnknownVersion(
            f"the ledger has no entry for version {execution.version} of {execution.path}"
        )
    ended = replace(
        entry,
        status=request.ending,
        attempt=request.inspection.attempt,
        redrive=execution.redrive,
        execution=execution.arn,
        ended_at=now,
        failure=None,
    )
    if _wanted(entry, request, policies=policies):
        ended = erase(ended, lake=lake, now=now)
    ledger.advance(entry, ended)
    return Result(request.ending, erased=ended.erased_at is not None)


def _wanted(entry: Entry, request: Request, *, policies: Policies) -> bool:
    if request.ending in {Status.UNCHANGED, Status.OBSERVED}:
        return False
    dataset = policies.match(entry.path.key)
    if dataset is None:
        # To keep the version silently would call bytes processed that are still there.
        raise UnknownDataset(f"no dataset of the policy in force matches {entry.path}")
    return dataset.enforce and dataset.erase_versions


def erase(entry: Entry, *, lake: LakeStore, now: datetime) -> Entry:
    """Delete the bytes that an entry's run was started for; give the entry that says so.

    Raises:
        ObjectChanged: The upload is what readers see.
        LakescrubError: The lake failed.
    """
    current = lake.head(entry.path)
    upload = entry.version_id or _null_version(entry, current, lake=lake)
    if upload is not None and current is not None and current.version_id == upload:
        # What lay above it was deleted meanwhile, so these bytes are what readers see again.
        raise ObjectChanged(f"{entry.path}: the version is current again")
    kept = {current and current.version_id, entry.outcome and entry.outcome.version_id}
    ours = [upload, *entry.replaced] if upload is not None else entry.replaced
    targets = [target for target in ours if target not in kept]
    locks = {target: _erase(entry.path, target, lake=lake, now=now) for target in targets}
    blocked = [until for until in locks.values() if until is not None]
    return replace(
        entry,
        replaced=tuple(target for target in entry.replaced if locks.get(target)),
        erased_at=entry.erased_at or now if targets and not blocked else entry.erased_at,
        erase_blocked_until=min(blocked, default=None),
    )


def _null_version(entry: Entry, current: StoredObject | None, *, lake: LakeStore) -> str | None:
    """Give the null version where it still holds an upload that came before versioning.

    Where versioning was switched on after the upload, its bytes live on below newer versions, by
    this id; where it was suspended again, another upload may have taken the id over.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
    """
    if current is not None and current.version_id is None:
        return None
    old = lake.head(entry.path, NULL_VERSION)
    return NULL_VERSION if old is not None and old.etag == entry.etag else None


def _erase(path: ObjectPath, version_id: str, *, lake: LakeStore, now: datetime) -> datetime | None:
    """Delete a version; where a lock keeps it, give the time to try again."""
    old = lake.head(path, version_id)
    until = locked_until(old, now=now) if old is not None else None
    if until is None:
        lake.erase(path, version_id)
    return until


def locked_until(old: StoredObject, *, now: datetime) -> datetime | None:
    """Give the time to try again; None where nothing keeps the version from being erased."""
    if old.legal_hold:
        # A legal hold has no end that could be known.
        return now + LOOK_AGAIN_AFTER
    if old.locked_until is not None and old.locked_until > now:
        return old.locked_until
    return None
