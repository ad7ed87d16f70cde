"""The workers of all functions: reused when idle, forked when all are busy.

Strategy: one process serves one invocation at a time, as on AWS. A burst does not fork without
end: beyond a few processes for each function an invocation first waits for one to become free,
which two cores serve faster than they serve a crowd. It never waits for ever, since the process
that it waits for may itself wait for this invocation.
"""

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Any

from workflow.local.clock import CLOCK
from workflow.local.runtime.forks import ForkServer
from workflow.local.runtime.task_root import TaskRoots
from workflow.local.runtime.worker import Outcome, Worker

_CROWD = 6
_WAIT_IN_CROWD = 20.0
_LAST_ANSWERS = 3.0
_LOOK_AT_SOURCES = 0.5


@dataclasses.dataclass(frozen=True)
class Invocation:
    """One event for one function."""

    name: str
    code: bytes
    handler: str
    event: Any
    request_id: str
    arn: str
    timeout: float
    environment: Callable[[str], dict[str, str]]
    """Composes the variables for a new worker from its task root."""
    identity: str
    """Changes when the function's configuration changes: an old worker is not reused."""


class Pool:
    """Runs invocations on worker processes."""

    def __init__(self, roots: TaskRoots) -> None:
        """Start the fork server."""
        self._forks = ForkServer(roots.folder)
        self._roots = roots
        self._lock = threading.Condition()
        self._idle: dict[str, list[Worker]] = {}
        self._busy: dict[str, list[Worker]] = {}
        self._stopped = False
        self._looked = (time.monotonic(), roots.fingerprint())

    def invoke(self, order: Invocation) -> Outcome:
        """Run one invocation to its end on a free or a new worker."""
        root = self._roots.folder_for(order.code)
        generation = f"{order.identity}:{root}:{self._fingerprint()}"
        worker = self._take(order, generation=generation, root=str(root))
        usable = False
        try:
            outcome = worker.invoke(
                {
                    "event": order.event,
                    "request_id": order.request_id,
                    "arn": order.arn,
                    "timeout": order.timeout,
                    "offset": CLOCK.offset,
                    "trace": "",
                }
            )
            usable = outcome.usable
        finally:
            self._give_back(worker, order.name, generation=generation, usable=usable)
        return outcome

    def busy(self) -> int:
        """How many invocations are under way."""
        with self._lock:
            return sum(len(workers) for workers in self._busy.values())

    def kill(self, name: str) -> int:
        """Kill the busy workers of a function (all functions: `*`); returns how many."""
        with self._lock:
            doomed = [w for n, ws in self._busy.items() if name in (n, "*") for w in ws]
        for worker in doomed:
            worker.process.kill()
        return len(doomed)

    def stop(self) -> None:
        """End every process."""
        with self._lock:
            self._stopped = True
            self._lock.notify_all()
        self._forks.stop()
        with self._lock:
            idle = [worker for workers in self._idle.values() for worker in workers]
            self._idle.clear()
            # Whoever waits for a busy worker sees its end now, and closes it.
            self._lock.wait_for(lambda: not any(self._busy.values()), _LAST_ANSWERS)
        for worker in idle:
            worker.close()

    def _take(self, order: Invocation, *, generation: str, root: str) -> Worker:
        key = f"{order.name} {generation}"
        with self._lock:
            self._retire(order.name, key)
            patience = time.monotonic() + _WAIT_IN_CROWD
            while not self._idle.get(key) and len(self._busy.get(order.name, [])) >= _CROWD:
                left = patience - time.monotonic()
                if left <= 0 or self._stopped:
                    break
                self._lock.wait(left)
            ready = self._idle.get(key)
            worker = ready.pop() if ready else self._start(order, root)
            self._busy.setdefault(order.name, []).append(worker)
            return worker

    def _start(self, order: Invocation, root: str) -> Worker:
        spec = {
            "environment": order.environment(root),
            "handler": order.handler,
            "task_root": root,
        }
        return Worker(self._forks, spec)

    def _give_back(self, worker: Worker, name: str, *, generation: str, usable: bool) -> None:
        with self._lock:
            self._busy[name].remove(worker)
            keep = usable and not self._stopped
            if keep:
                self._idle.setdefault(f"{name} {generation}", []).append(worker)
            self._lock.notify_all()
        if not keep:
            worker.close()

    def _retire(self, name: str, key: str) -> None:
        """Workers of an older configuration or older sources end when they are found idle."""
        for old in [k for k in self._idle if k.split(" ", 1)[0] == name and k != key]:
            for worker in self._idle.pop(old):
                threading.Thread(target=worker.close, daemon=True).start()

    def _fingerprint(self) -> tuple[float, int]:
        """Look at the sources now and then; while one thread looks, the others go on."""
        looked, found = self._looked
        now = time.monotonic()
        if now - looked > _LOOK_AT_SOURCES:
            self._looked = (now, found)
            found = self._roots.fingerprint()
            self._looked = (now, found)
        return found
