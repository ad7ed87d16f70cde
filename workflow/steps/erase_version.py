"""EraseVersion: delete the version that the run was started for, and close its entry.

Nothing is listed and nothing "older" is deleted: S3 may order a concurrent upload below our write.
Besides the upload itself only a rewrite of our own that this run replaced is deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from workflow.entry import Entry
from workflow.errors import ObjectChanged, UnknownVersion
from workflow.execution import Execution
from workflow.policy import Policies
from workflow.steps.inspect_object import Decision, Inspection
from workflow.stored_object import StoredObject
from workflow.stores import LakeStore, LedgerStore
from workflow.transitions import Status

LOOK_AGAIN_AFTER = timedelta(days=1)


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
        ended = _erase(ended, _targets(ended, request), lake=lake, now=now)
    ledger.advance(entry, ended)
    return Result(request.ending, erased=ended.erased_at is not None)


def _wanted(entry: Entry, request: Request, *, policies: Policies) -> bool:
    dataset = policies.match(entry.path.key)
    wanted = dataset is not None and dataset.enforce and dataset.erase_versions
    return wanted and request.ending not in {Status.UNCHANGED, Status.OBSERVED}


def _targets(entry: Entry, request: Request) -> list[str]:
    """Give the S3 version ids to delete: the upload's, and that of the rewrite now replaced."""
    targets = {entry.version_id, request.inspection.source_version}
    written = entry.outcome.version_id if entry.outcome else None
    if entry.version_id is None and written is not None:
        # Versioning was switched on after the upload: its bytes live on as the null version.
        targets.add("null")
    return sorted(target for target in targets if target not in (None, written))


def _erase(entry: Entry, targets: list[str], *, lake: LakeStore, now: datetime) -> Entry:
    if not targets:
        return entry
    current = lake.head(entry.path)
    if current is not None and current.version_id in targets:
        # What lay above it was deleted meanwhile, so these bytes are what readers see again.
        raise ObjectChanged(f"{entry.path}: the version is current again")
    for version_id in targets:
        old = lake.head(entry.path, version_id)
        if old is not None and (until := locked_until(old, now=now)) is not None:
            return replace(entry, erase_blocked_until=until)
        lake.erase(entry.path, version_id)
    return replace(entry, erased_at=entry.erased_at or now, erase_blocked_until=None)


def locked_until(old: StoredObject, *, now: datetime) -> datetime | None:
    """Give the time to try again; None where nothing keeps the version from being erased."""
    if old.legal_hold:
        # A legal hold has no end that could be known.
        return now + LOOK_AGAIN_AFTER
    if old.locked_until is not None and old.locked_until > now:
        return old.locked_until
    return None
