"""schedule_objects: give each new upload its entry in the ledger and its timer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from workflow.entry import Entry
from workflow.errors import LakescrubError, PermanentError
from workflow.messages import ObjectPath, Timer, Upload
from workflow.policy import Dataset, Policies
from workflow.steps import check_catalog
from workflow.steps.own_writes import is_output_of
from workflow.stores import CatalogStore, LakeStore, LedgerStore, ScheduleStore
from workflow.transitions import Status


class Verdict(StrEnum):
    """What became of one notification."""

    SCHEDULED = "scheduled"
    ALREADY_SCHEDULED = "already_scheduled"
    OUTSIDE_DATASETS = "outside_datasets"
    EMPTY = "empty"
    OWN_WRITE = "own_write"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one upload.

    Attributes:
        verdict: Scheduled, or why not.
        catalog: What the catalog check found; None where it was not made.
        catalog_failure: Error name where the catalog could not be checked; the run checks again.
    """

    verdict: Verdict
    catalog: check_catalog.Result | None = None
    catalog_failure: str | None = None


def run(
    upload: Upload,
    *,
    lake: LakeStore,
    ledger: LedgerStore,
    schedule: ScheduleStore,
    catalog: CatalogStore | None,
    policies: Policies,
    now: datetime,
) -> Result:
    """Schedule one upload; doing it again changes nothing.

    The catalog is checked where one is given, for the sake of whoever queries before the run does.

    Raises:
        LakescrubError: A store failed: the notification must be delivered again.
    """
    dataset = policies.match(upload.path.key)
    if dataset is None:
        return Result(Verdict.OUTSIDE_DATASETS)
    if upload.size == 0:
        return Result(Verdict.EMPTY)
    if _is_own_write(upload, dataset, lake=lake, ledger=ledger):
        return Result(Verdict.OWN_WRITE)
    verdict = _schedule(upload, dataset, ledger=ledger, schedule=schedule, now=now)
    if catalog is None or verdict is not Verdict.SCHEDULED:
        return Result(verdict)
    return _with_catalog(verdict, upload.path, dataset, catalog=catalog, now=now)


def _is_own_write(
    upload: Upload, dataset: Dataset, *, lake: LakeStore, ledger: LedgerStore
) -> bool:
    entries = list(ledger.uploads_of(upload.path))
    if any(entry.version == upload.version for entry in entries):
        return False
    if any(_is_outcome(entry, upload, dataset) for entry in entries):
        return True
    # A write whose outcome is not recorded (yet) is recognised by what was announced before it.
    # Under another policy than the one in force the bytes need another look in any case.
    announced = [
        entry
        for entry in entries
        if not entry.intent_is_settled
        and entry.intent is not None
        and entry.intent.size == upload.size
        and entry.intent.policy_digest == dataset.digest
    ]
    try:
        stored = lake.head(upload.path, upload.version_id) if announced else None
        return stored is not None and any(
            is_output_of(entry, upload.path, stored, lake=lake) for entry in announced
        )
    except PermanentError:
        # What cannot be read is not ours; its own run says what is wrong with it.
        return False


def _is_outcome(entry: Entry, upload: Upload, dataset: Dataset) -> bool:
    if entry.outcome is None:
        return False
    if upload.version_id is not None:
        return entry.outcome.version_id == upload.version_id
    # Without versions somebody may have uploaded the same bytes: what they were scrubbed under
    # must be what is in force now.
    same_bytes = entry.outcome.version_id is None and entry.outcome.etag == upload.etag
    return same_bytes and entry.policy_digest == dataset.digest


def _schedule(
    upload: Upload,
    dataset: Dataset,
    *,
    ledger: LedgerStore,
    schedule: ScheduleStore,
    now: datetime,
) -> Verdict:
    due_at = upload.uploaded_at + dataset.after
    entry = Entry.for_upload(upload, dataset=dataset.name, due_at=due_at)
    # The ledger comes first: with an entry and no timer the sweeper still starts the run.
    created = ledger.create(entry)
    if not created:
        known = ledger.get(upload.path, upload.version)
        if known is None or known.status is not Status.PENDING:
            return Verdict.ALREADY_SCHEDULED
        due_at = known.due_at
    timer = Timer(upload.path, upload.version, dataset.name, due_at)
    timed = schedule.set(timer, now=now)
    return Verdict.SCHEDULED if created or timed else Verdict.ALREADY_SCHEDULED


def _with_catalog(
    verdict: Verdict,
    path: ObjectPath,
    dataset: Dataset,
    *,
    catalog: CatalogStore,
    now: datetime,
) -> Result:
    # The upload is scheduled, which is what counts; its run checks the catalog with more patience.
    try:
        found = check_catalog.check(path, dataset.table, catalog=catalog, now=now)
        if found.start_crawler:
            catalog.start_crawler()
    except LakescrubError as error:
        return Result(verdict, catalog_failure=type(error).__name__)
    return Result(verdict, catalog=found)
