"""The time of the embedded stack: the real one, plus what `lakescrub advance` added.

Strategy: `time.time()` and `datetime` of this process are moved by time-machine, so that every
service of the emulators follows without a patch of its own. `time.monotonic()` stays real, so
that sockets, event loops and function time-outs are not disturbed. Whoever sleeps until a moment
of the stack's time sleeps here, and is woken when the time is moved.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable

import time_machine

_LONGEST_NAP = 3600.0


class Clock:
    """One movable clock for the whole process; it only goes forward."""

    def __init__(self) -> None:
        """Start at the real time."""
        self.offset = 0.0
        self._moved = threading.Condition()
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._listeners: list[Callable[[], None]] = []

    def advance(self, seconds: float) -> float:
        """Move the time forward, wake all sleepers, and return the whole offset."""
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

    def sleep(self, seconds: float, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Sleep for a span of the stack's time, or until `unless` holds when woken."""
        deadline = self.monotonic() + seconds
        with self._moved:
            while (left := deadline - self.monotonic()) > 0 and not unless():
                self._moved.wait(min(left, _LONGEST_NAP))

    def wake(self) -> None:
        """Let every sleeper look at its `unless` again."""
        with self._moved:
            self._moved.notify_all()

    def reset(self) -> None:
        """Go back to the real time; for the end of a stack."""
        with self._moved:
            self.offset = 0.0
            self._listeners.clear()
            if self._travel is not None:
                self._travel.stop()
                self._travel = self._traveller = None
            self._moved.notify_all()

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
