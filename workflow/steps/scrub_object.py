"""ScrubObject: scrub the inspected bytes and write them in place, or leave them as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from workflow.entry import Entry, Intent, Outcome
from workflow.errors import ObjectChanged, ObjectMissing, UnknownDataset, UnknownVersion
from workflow.execution import Execution
from workflow.messages import ObjectPath
from workflow.policy import Dataset, Policies
from workflow.scrub import ScrubOptions, ScrubReport, scrub
from workflow.steps.inspect_object import Inspection
from workflow.steps.kept_versions import check_versions
from workflow.steps.managed_tables import refuse_managed
from workflow.steps.own_writes import is_as_intended, is_output_of
from workflow.steps.tagging import TAG, tag, with_ours
from workflow.stored_object import StoredObject, Written
from workflow.stores import KeyStore, LakeStore, LedgerStore, Rewrite
from workflow.transitions import Status


@dataclass(frozen=True, slots=True)
class Request:
    """The Task's payload."""

    execution: Execution
    inspection: Inspection

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the payload."""
        return cls(
            Execution.from_context(event["execution"]),
            Inspection.from_event(event["state"]["inspection"]),
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the object.

    Attributes:
        ending: The status that the entry shall end with.
        report: Counts for each rule; None where an earlier try did the work.
        tagged: False where the object has no room for our tag.
    """

    ending: Status
    report: ScrubReport | None
    tagged: bool

    def to_event(self) -> dict[str, Any]:
        """Give the Task's result."""
        return {"ending": self.ending.value, "tagged": self.tagged}


@dataclass(frozen=True, slots=True)
class _Job:
    """One try at one object."""

    execution: Execution
    dataset: Dataset
    entry: Entry
    current_etag: str
    source: StoredObject
    tags: Mapping[str, str]
    options: ScrubOptions

    @property
    def path(self) -> ObjectPath:
        return self.entry.path

    @property
    def tagged(self) -> bool:
        return TAG in self.tags

    @property
    def source_is_current(self) -> bool:
        """False where a rewrite of an older upload hides the source: it must be written anyway."""
        return self.source.etag == self.current_etag


def run(
    request: Request,
    *,
    lake: LakeStore,
    ledger: LedgerStore,
    policies: Policies,
    keys: Callable[[], KeyStore],
    versions_needed: bool = False,
) -> Result:
    """Scrub one object.

    Args:
        request: The payload.
        lake: The lake.
        ledger: The ledger.
        policies: The policies in force.
        keys: Opens the store of keys, which only keyed actions need.
        versions_needed: Refuse to rewrite what no version would keep.

    Raises:
        ObjectChanged: Other bytes are under the key than those inspected: inspect again.
        ObjectMissing: The inspected version is gone: inspect again.
        PermanentError: The object cannot be scrubbed as it is.
        LakescrubError: A store failed.
    """
    entry = _turn(request, ledger=ledger)
    if (landed := _landed(entry, lake=lake)) is not None:
        # An earlier try wrote, and did not live to say so.
        _record_outcome(entry, landed, ledger=ledger)
        return Result(Status.PROCESSED, report=None, tagged=landed.tagged)
    job = _job(request, entry, lake=lake, policies=policies, keys=keys)
    if not job.dataset.enforce:
        return _observe(job, lake=lake, ledger=ledger)
    if versions_needed:
        check_versions(job.path, job.source.version_id, lake=lake)
    ledger.keep_policy(job.dataset.digest, job.dataset.canonical())
    rewrite = lake.writer(job.path, instead_of=job.source, tags=job.tags)
    try:
        return _rewrite(job, rewrite, lake=lake, ledger=ledger)
    finally:
        rewrite.drop()


def _turn(request: Request, *, ledger: LedgerStore) -> Entry:
    execution = request.execution
    entry = ledger.get(execution.path, execution.version)
    if entry is None:
        raise UnknownVersion(
            f"the ledger has no entry for version {execution.version} of {execution.path}"
        )
    if entry.execution != execution.arn or entry.attempt != request.inspection.attempt:
        raise ObjectChanged(f"another run took {execution.path} over")
    return replace(entry, status=Status.RUNNING, redrive=execution.redrive)


def _landed(entry: Entry, *, lake: LakeStore) -> Outcome | None:
    """Give the outcome of our own write, where it is what lies under the key now."""
    if entry.intent is None or entry.intent.execution != entry.execution:
        return None
    current = lake.head(entry.path)
    if current is None or not is_as_intended(entry, entry.path, current, lake=lake):
        return None
    if entry.outcome is not None and entry.intent_is_settled:
        return entry.outcome
    return _outcome(entry, current, lake=lake)


def _outcome(entry: Entry, current: StoredObject, *, lake: LakeStore) -> Outcome:
    if entry.intent is None:
        raise AssertionError("an outcome follows an intent")
    tags = lake.tags(entry.path, current.version_id)
    return Outcome(
        version_id=current.version_id,
        etag=current.etag,
        size=current.size,
        sha256=entry.intent.sha256,
        tagged=TAG in tags,
    )


def _job(
    request: Request,
    entry: Entry,
    *,
    lake: LakeStore,
    policies: Policies,
    keys: Callable[[], KeyStore],
) -> _Job:
    path, inspection = entry.path, request.inspection
    dataset = policies.match(path.key)
    if dataset is None:
        raise UnknownDataset(f"no dataset of the policy in force matches {path}")
    source = lake.head(path, inspection.source_version)
    if source is None:
        raise ObjectMissing(f"the inspected version of {path} is gone")
    if source.etag != inspection.source_etag:
        raise ObjectChanged(f"{path} is not what was inspected")
    return _Job(
        execution=request.execution,
        dataset=dataset,
        entry=entry,
        current_etag=str(inspection.if_match),
        source=source,
        tags=with_ours(lake.tags(path, source.version_id), _tag_value(dataset)),
        options=_options(dataset, keys),
    )


def _tag_value(dataset: Dataset) -> str:
    return f"{dataset.name}@{dataset.digest}"


def _options(dataset: Dataset, keys: Callable[[], KeyStore]) -> ScrubOptions:
    if dataset.hash_key is None:
        return dataset.options
    return replace(dataset.options, key=keys().get(dataset.hash_key))


def _scrub(job: _Job, sink: Any, *, lake: LakeStore) -> ScrubReport:
    with lake.open(job.path, job.source) as source:
        report = scrub(
            source,
            sink,
            rules=job.dataset.rules,
            format=job.dataset.format,
            name=job.path.key,
            options=job.options,
        )
    if report.changed or not job.source_is_current:
        refuse_managed(job.path, report.format, lake=lake)
    return report


def _observe(job: _Job, *, lake: LakeStore, ledger: LedgerStore) -> Result:
    report = _scrub(job, None, lake=lake)
    _record(job.entry, _reported(job, report), ledger=ledger)
    return Result(Status.OBSERVED, report=report, tagged=False)


def _rewrite(job: _Job, rewrite: Rewrite, *, lake: LakeStore, ledger: LedgerStore) -> Result:
    report = _scrub(job, rewrite, lake=lake)
    if job.source_is_current and not report.changed:
        return _leave(job, report, lake=lake, ledger=ledger)
    announced = _announced(job, report, _intent(job, rewrite))
    _record(job.entry, announced, ledger=ledger)
    written = _commit(job, rewrite, announced, lake=lake)
    outcome = Outcome(
        version_id=written.version_id,
        etag=written.etag,
        size=rewrite.size,
        sha256=rewrite.sha256,
        tagged=job.tagged,
    )
    _record_outcome(announced, outcome, ledger=ledger)
    return Result(Status.PROCESSED, report=report, tagged=job.tagged)


def _announced(job: _Job, report: ScrubReport, intent: Intent) -> Entry:
    """Note what is about to be written; should it fail, the outcome before it is still ours."""
    before = job.entry.outcome
    kept = None if before is not None and before.sha256 == intent.sha256 else before
    replaced = set(job.entry.replaced)
    if job.source.version_id is not None and job.source.version_id != job.entry.version_id:
        replaced.add(job.source.version_id)
    return replace(
        _reported(job, report), intent=intent, outcome=kept, replaced=tuple(sorted(replaced))
    )


def _leave(job: _Job, report: ScrubReport, *, lake: LakeStore, ledger: LedgerStore) -> Result:
    tagged = tag(job.path, job.source.version_id, _tag_value(job.dataset), lake=lake)
    reported = _reported(job, report)
    _record(job.entry, reported, ledger=ledger)
    intended = is_as_intended(job.entry, job.path, job.source, lake=lake)
    if intended and not job.entry.intent_is_settled:
        _record_outcome(reported, _outcome(reported, job.source, lake=lake), ledger=ledger)
    # Bytes that need no change because a run of ours wrote them are processed all the same.
    ours = intended or is_output_of(job.entry, job.path, job.source, lake=lake)
    ending = Status.PROCESSED if ours else Status.UNCHANGED
    return Result(ending, report=report, tagged=tagged)


def _intent(job: _Job, rewrite: Rewrite) -> Intent:
    checksum = rewrite.seal()
    return Intent(
        execution=job.execution.arn,
        policy_digest=job.dataset.digest,
        size=rewrite.size,
        sha256=rewrite.sha256,
        checksum=checksum,
    )


def _commit(job: _Job, rewrite: Rewrite, announced: Entry, *, lake: LakeStore) -> Written:
    """Write, and where the key turns out changed, look whether that was our own lost answer."""
    try:
        return rewrite.commit(if_match=job.current_etag)
    except (ObjectChanged, ObjectMissing):
        current = lake.head(job.path)
        if current is None or not is_as_intended(announced, job.path, current, lake=lake):
            raise
    return Written(current.version_id, current.etag)


def _reported(job: _Job, report: ScrubReport) -> Entry:
    return replace(job.entry, policy_digest=job.dataset.digest, report=report.to_dict())


def _record(before: Entry, after: Entry, *, ledger: LedgerStore) -> None:
    if not ledger.advance(before, after):
        raise ObjectChanged(f"another run took {after.path} over, or an operator parked it")


def _record_outcome(entry: Entry, outcome: Outcome, *, ledger: LedgerStore) -> None:
    # The bytes are written: a run that overtook this one finds them by the intent.
    ledger.advance(entry, replace(entry, outcome=outcome))
