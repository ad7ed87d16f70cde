"""Thousands of runs before a few functions: the definition's own retries get each its turn.

A simulation with the numbers of the definition, since on AWS this takes hours: each run makes one
call after another, a call that finds no free copy waits as its Retry says. The embedded stack
shows the same with real calls (tests/end_to_end/test_throttling.py).
"""

import heapq
import random
from dataclasses import dataclass, field

import pytest

from tests.state_machine.definition import FUNCTION_TASKS, STATES

DAY = 24 * 3600
HAPPY_PATH = ("InspectObject", "ScrubObject", "EraseVersion", "CheckCatalog")
THROTTLED = "Lambda.TooManyRequestsException"


def _throttling(state):
    return next(rule for rule in STATES[state].get("Retry", ()) if THROTTLED in rule["ErrorEquals"])


def _delay(rule, tries):
    grown = rule["IntervalSeconds"] * rule["BackoffRate"] ** min(tries, 30)
    return min(grown, rule["MaxDelaySeconds"])


@dataclass
class Crowd:
    """Runs that are due in the same second, and so many copies of each function."""

    runs: int
    copies: int
    seconds: tuple[float, ...]
    failed: int = 0
    ended: int = 0
    retries: int = 0
    last: float = 0.0
    events: list[tuple[float, int, int, int]] = field(default_factory=list)

    def play(self):
        chance = random.Random(1)
        free = [self.copies] * len(HAPPY_PATH)
        rules = [_throttling(state) for state in HAPPY_PATH]
        self.events = [(0.0, run, 0, 0) for run in range(self.runs)]
        while self.events:
            now, run, step, tries = heapq.heappop(self.events)
            if tries < 0:
                free[step] += 1
                self._go_on(now, run, step + 1)
            elif free[step]:
                free[step] -= 1
                heapq.heappush(self.events, (now + self.seconds[step], run, step, -1))
            elif tries == rules[step]["MaxAttempts"]:
                self.failed += 1
            else:
                self.retries += 1
                pause = chance.uniform(0, _delay(rules[step], tries))
                heapq.heappush(self.events, (now + pause, run, step, tries + 1))
        return self

    def _go_on(self, now, run, step):
        self.last = now
        if step == len(HAPPY_PATH):
            self.ended += 1
        else:
            heapq.heappush(self.events, (now, run, step, 0))


@pytest.mark.parametrize(
    ("runs", "scrubbing"),
    [(2_000, 5), (10_000, 1), (1_000, 400)],
    ids=["2000 for 5 s", "10000 for 1 s", "1000 for 400 s"],
)
def test_every_run_gets_its_turn_where_a_day_is_enough_for_all(runs, scrubbing):
    crowd = Crowd(runs=runs, copies=5, seconds=(1, scrubbing, 1, 1)).play()

    assert (crowd.ended, crowd.failed) == (runs, 0)
    assert crowd.last < 1.5 * runs * scrubbing / crowd.copies + 900


def test_what_takes_longer_than_a_day_fails_in_place():
    crowd = Crowd(runs=500, copies=1, seconds=(0.1, 600, 0.1, 0.1)).play()

    assert crowd.failed > 0
    assert crowd.last < 2 * DAY


@pytest.mark.parametrize("state", FUNCTION_TASKS)
def test_a_throttled_call_is_repeated_for_a_day(state):
    rule = _throttling(state)

    # Full jitter: half of each delay on average.
    patience = sum(_delay(rule, tries) for tries in range(rule["MaxAttempts"])) / 2
    assert patience >= DAY
    assert rule["JitterStrategy"] == "FULL"
