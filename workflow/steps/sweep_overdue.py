"""sweep_overdue: start what its timer should have started, erase what a lock kept.

DynamoDB's TTL has no deadline, and a stream record can be lost. So once a minute every entry that
is still pending ``late_after`` past its time is started under the very name that its timer would
have used: whichever of the two comes second finds the run there and does nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from workflow.entry import Entry
from workflow.messages import RunInput
from workflow.policy import Policies
from workflow.steps.erase_version import locked_until
from workflow.stores import LakeStore, LedgerStore, RunStarter
from workflow.transitions import Status

STARTER = "sweeper"
STARTS_PER_TICK = 1_000
DEFAULT_LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Result:
    """What one tick did.

    Attributes:
        overdue: Entries that were late.
        started: Runs that the sweeper started.
        erased: Versions that were erased after their lock had ended.
        lateness: How far past its time the latest entry is.
    """

    overdue: int
    started: int
    erased: int
    lateness: timedelta


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
        LakescrubError: A store failed; the next tick goes on.
    """
    waking = [entry for shard in range(shards) for entry in ledger.waking(shard, before=now)]
    late = sorted(
        (entry for entry in waking if _is_late(entry, policies, now=now)),
        key=lambda entry: entry.due_at,
    )
    blocked = (entry for entry in waking if entry.status is not Status.PENDING)
    return Result(
        overdue=len(late),
        started=sum(_start(entry, ledger=ledger, runs=runs) for entry in _bounded(late)),
        erased=sum(_erase(entry, ledger=ledger, lake=lake, now=now) for entry in _bounded(blocked)),
        lateness=now - late[0].due_at if late else timedelta(0),
    )


def _bounded(entries: Iterable[Entry]) -> Iterable[Entry]:
    return islice(entries, STARTS_PER_TICK)


def _is_late(entry: Entry, policies: Policies, *, now: datetime) -> bool:
    if entry.status is not Status.PENDING:
        return False
    dataset = policies.match(entry.path.key)
    # A dataset that left the policy is started all the same: its run says so, loudly.
    late_after = dataset.late_after if dataset else DEFAULT_LATE_AFTER
    return entry.due_at + late_after <= now


def _start(entry: Entry, *, ledger: LedgerStore, runs: RunStarter) -> bool:
    started = runs.start(entry.dataset, RunInput(entry.path, entry.version, entry.attempt))
    if started:
        ledger.note_starter(entry.path, entry.version, STARTER)
    return started


def _erase(entry: Entry, *, ledger: LedgerStore, lake: LakeStore, now: datetime) -> bool:
    """Erase a version whose lock has ended; the same lock may have been prolonged."""
    if entry.version_id is None:
        return False
    current = lake.head(entry.path)
    old = lake.head(entry.path, entry.version_id)
    if current is not None and current.version_id == entry.version_id:
        # It is what readers see again: nothing to erase, and a replay scrubs it.
        return False
    until = locked_until(old, now=now) if old else None
    if until is None:
        lake.erase(entry.path, entry.version_id)
        ledger.advance(entry, replace(entry, erased_at=now, erase_blocked_until=None))
        return True
    ledger.advance(entry, replace(entry, erase_blocked_until=until))
    return False
