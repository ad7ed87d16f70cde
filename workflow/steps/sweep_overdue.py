"""sweep_overdue: start what its timer should have started, erase what a lock kept.

DynamoDB's TTL has no deadline, and a stream record can be lost. So once a minute every entry that
is still pending ``late_after`` past its time is started under the very name that its timer would
have used: whichever of the two comes second finds the run there and does nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from workflow.boundary import reduced
from workflow.entry import Entry
from workflow.errors import LakescrubError, ObjectChanged, Throttled
from workflow.messages import RunInput
from workflow.policy import Policies
from workflow.steps import record_failure
from workflow.steps.erase_version import LOOK_AGAIN_AFTER, erase
from workflow.stores import LakeStore, LedgerStore, RunStarter
from workflow.transitions import Status

STARTER = "sweeper"
STARTS_PER_TICK = 1_000
# However much is due, a tick gets to the starting; what it does not read waits for the next one.
READS_PER_SHARD = 5_000
DEFAULT_LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Result:
    """What one tick did.

    Attributes:
        overdue: Entries that were late.
        started: Runs that the sweeper started.
        erased: Versions that were erased after their lock had ended.
        lateness: How far past its time the latest entry is.
        failures: Why entries could not be taken care of; the next tick tries them again.
    """

    overdue: int
    started: int
    erased: int
    lateness: timedelta
    failures: tuple[LakescrubError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tick:
    ledger: LedgerStore
    runs: RunStarter
    lake: LakeStore
    policies: Policies
    now: datetime
    failures: list[LakescrubError] = field(default_factory=list)

    def each(self, entries: Iterable[Entry], act: Callable[["_Tick", Entry], bool]) -> int:
        """Do something with entries; one that fails must not keep the others waiting."""
        done = 0
        for entry in islice(entries, STARTS_PER_TICK):
            try:
                done += act(self, entry)
            except Exception as error:  # noqa: BLE001 - reduced at once, and told
                self.failures.append(reduced(error))
                if isinstance(error, Throttled):
                    break
        return done


def run(
    *,
    ledger: LedgerStore,
    runs: RunStarter,
    lake: LakeStore,
    policies: Policies,
    shards: int,
    now: datetime,
) -> Result:
    """Sweep once.

    Raises:
        LakescrubError: The ledger cannot be read; the next tick goes on.
    """
    waking = [
        entry
        for shard in range(shards)
        for entry in islice(ledger.waking(shard, before=now), READS_PER_SHARD)
    ]
    late = sorted(
        (entry for entry in waking if _is_late(entry, policies, now=now)),
        key=lambda entry: entry.due_at,
    )
    blocked = (entry for entry in waking if entry.status is not Status.PENDING)
    tick = _Tick(ledger, runs, lake, policies, now)
    return Result(
        overdue=len(late),
        started=tick.each(late, _start),
        erased=tick.each(blocked, _erase),
        lateness=now - late[0].due_at if late else timedelta(0),
        failures=tuple(tick.failures),
    )


def _is_late(entry: Entry, policies: Policies, *, now: datetime) -> bool:
    if entry.status is not Status.PENDING:
        return False
    dataset = policies.match(entry.path.key)
    # A dataset that left the policy is started all the same: its run says so, loudly.
    late_after = dataset.late_after if dataset else DEFAULT_LATE_AFTER
    return entry.due_at + late_after <= now


def _start(tick: _Tick, entry: Entry) -> bool:
    # What was read may be old: the index lags behind the table, and a tick takes its time.
    known = tick.ledger.get(entry.path, entry.version)
    if known is None or known.status is not Status.PENDING:
        return False
    run_input = RunInput(known.path, known.version, known.attempt)
    started = tick.runs.start(known.dataset, run_input) or _start_again(tick, known, run_input)
    if started:
        tick.ledger.note_starter(known.path, known.version, STARTER)
    return started


def _start_again(tick: _Tick, entry: Entry, run_input: RunInput) -> bool:
    """Look why a version is pending though its run exists: it may have ended without taking it up.

    A run that met a version which an operator held ends well, and its name is used up: the version
    that was released since needs another. Of one that failed, the news was lost.
    """
    execution = tick.runs.find(entry.dataset, run_input)
    if execution["status"] in record_failure.FAILURES:
        failed = record_failure.Request(str(execution["executionArn"]))
        record_failure.run(failed, ledger=tick.ledger, runs=tick.runs, now=tick.now)
    if execution["status"] != "SUCCEEDED":
        return False
    return tick.runs.start(entry.dataset, replace(run_input, attempt=run_input.attempt + 1))


def _erase(tick: _Tick, entry: Entry) -> bool:
    """Erase a version whose lock has ended; the same lock may have been prolonged."""
    known = tick.ledger.get(entry.path, entry.version)
    if known is None or known.erase_blocked_until is None or known.erase_blocked_until > tick.now:
        return False
    later = replace(known, erase_blocked_until=tick.now + LOOK_AGAIN_AFTER)
    try:
        after = erase(known, lake=tick.lake, now=tick.now) if _wanted(tick, known) else later
    except ObjectChanged:
        # It is what readers see again: nothing to erase, and a replay scrubs it.
        after = later
    tick.ledger.advance(known, after)
    return after.erase_blocked_until is None


def _wanted(tick: _Tick, entry: Entry) -> bool:
    dataset = tick.policies.match(entry.path.key)
    return dataset is not None and dataset.enforce and dataset.erase_versions
