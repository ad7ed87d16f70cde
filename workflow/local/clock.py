"""The time of the embedded stack: the real one, plus what `lakescrub advance` added.

Strategy: `time.time()` and `datetime` of this process are moved by time-machine, so that every
service of the emulators follows without a patch of its own. `time.monotonic()` stays real, so
that sockets, event loops and function time-outs are not disturbed. Whoever sleeps until a moment
of the stack's time sleeps here, and is woken when the time is moved. One thread keeps the moments
of all sleepers and wakes only those whose time has come: thousands of runs may sleep at once.
"""

import dataclasses
import datetime as dt
import heapq
import threading
import time
from collections.abc import Callable

import time_machine

_LONGEST_NAP = 3600.0
_LEFTOVERS = 64


@dataclasses.dataclass(order=True, slots=True)
class _Sleeper:
    due: float
    woken: threading.Event = dataclasses.field(compare=False)
    gone: bool = dataclasses.field(default=False, compare=False)


class Clock:
    """One movable clock for the whole process; it only goes forward."""

    def __init__(self) -> None:
        """Start at the real time."""
        self.offset = 0.0
        self._moved = threading.Condition()
        self._sleepers: list[_Sleeper] = []
        self._gone = 0
        self._keeper: threading.Thread | None = None
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._listeners: list[Callable[[], None]] = []

    def advance(self, seconds: float) -> float:
        """Move the time forward, wake whose time has come, and return the whole offset."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        with self._moved:
            self.offset += seconds
            self._shift(seconds)
            self._moved.notify_all()
        for listener in list(self._listeners):
            listener()
        return self.offset

    def on_advance(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each move, outside the lock."""
        self._listeners.append(listener)

    def monotonic(self) -> float:
        """A clock for durations that `advance` shortens."""
        return time.monotonic() + self.offset

    def sleep(
        self,
        seconds: float,
        *,
        unless: Callable[[], bool] = lambda: False,
        woken: threading.Event | None = None,
    ) -> None:
        """Sleep for a span of the stack's time, or until `unless` holds when woken.

        Args:
            seconds: The span.
            unless: Asked before the sleep, and whenever the sleeper is woken.
            woken: Wakes this one sleeper when it is set; `wake` wakes all.
        """
        sleeper = _Sleeper(self.monotonic() + seconds, woken or threading.Event())
        with self._moved:
            heapq.heappush(self._sleepers, sleeper)
            self._keep()
            if self._sleepers[0] is sleeper:
                self._moved.notify_all()
        while self.monotonic() < sleeper.due and not unless():
            sleeper.woken.wait()
            sleeper.woken.clear()
        self._leave(sleeper)

    def wake(self) -> None:
        """Let every sleeper look at its `unless` again."""
        with self._moved:
            for sleeper in self._sleepers:
                sleeper.woken.set()

    def reset(self) -> None:
        """Go back to the real time; for the end of a stack."""
        with self._moved:
            self.offset = 0.0
            self._listeners.clear()
            if self._travel is not None:
                self._travel.stop()
                self._travel = self._traveller = None
            keeper, self._keeper = self._keeper, None
            self._moved.notify_all()
        if keeper is not None:
            keeper.join()

    def _keep(self) -> None:
        """Start the thread that wakes the sleepers, with the first of them."""
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._watch, name="lakescrub-clock", daemon=True)
            self._keeper.start()

    def _watch(self) -> None:
        with self._moved:
            while self._keeper is threading.current_thread():
                while self._sleepers and self._sleepers[0].due <= self.monotonic():
                    heapq.heappop(self._sleepers).woken.set()
                left = self._sleepers[0].due - self.monotonic() if self._sleepers else _LONGEST_NAP
                self._moved.wait(min(left, _LONGEST_NAP))

    def _leave(self, sleeper: _Sleeper) -> None:
        """Forget one that left before its time, in bulk: its place is somewhere in the heap."""
        if self.monotonic() >= sleeper.due:
            return
        with self._moved:
            sleeper.gone = True
            self._gone += 1
            if self._gone > _LEFTOVERS + len(self._sleepers) // 2:
                self._sleepers = [each for each in self._sleepers if not each.gone]
                heapq.heapify(self._sleepers)
                self._gone = 0

    def _shift(self, seconds: float) -> None:
        """Patching makes every `time.time()` ten times slower, so it waits for the first move."""
        if self._traveller is not None:
            self._traveller.shift(seconds)
            return
        target = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
        self._travel = time_machine.travel(target, tick=True)
        self._traveller = self._travel.start()


CLOCK = Clock()
"""The emulators keep their state in modules, so a process holds one stack and one clock."""
