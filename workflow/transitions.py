"""The ledger's status table: which status may follow which.

Theory of operation
    An entry stands at a *position*: (attempt, redrive count, rank of its status). Everything that
    happens to a version is told to the ledger at least once and in any order: functions are
    retried, events arrive late or twice, an old run may still write while its replay is under way.
    So a write carries its own position, and one that lies behind the entry's is ignored.

Rules
    1. A higher attempt beats everything of a lower one, a higher redrive count everything of a
       lower one within the same attempt.
    2. Within one attempt and redrive, only the arrows of ``FOLLOWERS`` exist; they go up in rank,
       but for a status that is said again, as a repeated try does.
       ``failed`` ranks below the endings: the news that an execution failed never hides what the
       run itself recorded (a rejection, or a scrub whose table refresh failed afterwards).
    3. The operator's arrows (hold, release, cancel) move a version that no run has taken up; they
       are compared with the status, not with the position.

Nothing else in the code base changes a status.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a version stands."""

    PENDING = "pending"
    HELD = "held"
    CANCELLED = "cancelled"
    RUNNING = "running"
    FAILED = "failed"
    PROCESSED = "processed"
    UNCHANGED = "unchanged"
    OBSERVED = "observed"
    SUPERSEDED = "superseded"
    GONE = "gone"
    REJECTED = "rejected"


ENDINGS = frozenset(
    {
        Status.PROCESSED,
        Status.UNCHANGED,
        Status.OBSERVED,
        Status.SUPERSEDED,
        Status.GONE,
        Status.REJECTED,
    }
)
PARKED = frozenset({Status.HELD, Status.CANCELLED})

RANKS = {
    Status.PENDING: 0,
    Status.HELD: 0,
    Status.CANCELLED: 0,
    Status.RUNNING: 1,
    Status.FAILED: 2,
    **dict.fromkeys(ENDINGS, 3),
}

FOLLOWERS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.RUNNING, Status.FAILED, *ENDINGS}),
    Status.HELD: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.RUNNING: frozenset({Status.RUNNING, Status.FAILED, *ENDINGS}),
    Status.FAILED: frozenset({Status.FAILED, *ENDINGS}),
    **{ending: frozenset({ending}) for ending in ENDINGS},
}

OPERATOR_ARROWS: dict[Status, frozenset[Status]] = {
    Status.HELD: frozenset({Status.PENDING}),
    Status.CANCELLED: frozenset({Status.PENDING, Status.HELD}),
    Status.PENDING: frozenset({Status.HELD, Status.CANCELLED}),
}
"""For each status that an operator can set: the statuses that it may be set from."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far an entry has come; compared field by field."""

    attempt: int
    redrive: int
    rank: int

    @classmethod
    def of(cls, status: Status, *, attempt: int, redrive: int) -> "Position":
        """Give the position of a status within an attempt and redrive."""
        return cls(attempt, redrive, RANKS[status])

    def __str__(self) -> str:
        """Give a text that sorts as the position does, for a conditional write."""
        return f"{self.attempt:06d}.{self.redrive:06d}.{self.rank}"


def may_follow(
    current: Status, new: Status, *, current_turn: tuple[int, int], new_turn: tuple[int, int]
) -> bool:
    """Say whether a run may move an entry from one status to another.

    Args:
        current: The entry's status.
        new: The status that the run reports.
        current_turn: The entry's (attempt, redrive count).
        new_turn: The run's (attempt, redrive count).
    """
    if current in PARKED or new_turn < current_turn:
        return False
    if new_turn > current_turn:
        return new not in PARKED and new is not Status.PENDING
    return new in FOLLOWERS[current]
