"""What tests hold on to: every call that passed the port, and places to stop, delay or fail one."""

import collections
import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Literal, Self

from workflow.local.calls import Call
from workflow.local.faults import Fault

When = Literal["before", "after"]
Action = Callable[[Call], Fault | None]
_REMEMBERED = 20_000


@dataclasses.dataclass
class Interception:
    """A rule that acts on matching calls; see `Seams.intercept`."""

    service: str
    operation: str
    caller: str
    role: str
    when: When
    action: Action
    match: Callable[[Call], bool]
    nth: int
    times: int
    seen: int = 0
    hits: list[Call] = dataclasses.field(default_factory=list)
    removed: bool = False

    def remove(self) -> None:
        """Let all further calls pass."""
        self.removed = True

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self.remove()

    def wants(self, call: Call) -> bool:
        """Whether a call is of the kind that this rule is about."""
        return (
            not self.removed
            and self.service in ("*", call.service)
            and self.operation in ("*", call.operation)
            and self.caller in ("", call.caller)
            and self.role in ("", call.role)
            and self.match(call)
        )


class Pause:
    """An action that stops the first matching call until the test lets it go on."""

    def __init__(self, *, fault: Fault | None = None, patience: float = 60) -> None:
        """`fault`: what the call is answered with after it was released."""
        self.reached = threading.Event()
        self.call: Call | None = None
        self.rule: Interception | None = None
        self._released = threading.Event()
        self._fault = fault
        self._patience = patience

    def __call__(self, call: Call) -> Fault | None:
        """Stop here."""
        self.call = call
        self.reached.set()
        self._released.wait(self._patience)
        return self._fault

    def wait(self, seconds: float = 30) -> Call:
        """Wait until a call has been stopped, and return it."""
        if not self.reached.wait(seconds):
            raise TimeoutError("no call reached the pause")
        assert self.call is not None
        return self.call

    def release(self) -> None:
        """Let it go on, and stop no other call."""
        self._released.set()
        if self.rule is not None:
            self.rule.remove()

    def __enter__(self) -> Self:
        """Release at the end of a block, also when no call was stopped."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release."""
        self.release()


def delay(seconds: float) -> Action:
    """An action that only takes time."""

    def act(_call: Call) -> None:
        time.sleep(seconds)

    return act


class Seams:
    """The recorder and the rules of one stack."""

    def __init__(self) -> None:
        """Start with no rules."""
        self.calls: collections.deque[Call] = collections.deque(maxlen=_REMEMBERED)
        self.first_calls: dict[tuple[str, str, str], Call] = {}
        self._rules: list[Interception] = []
        self._lock = threading.Lock()

    def intercept(
        self,
        *,
        action: Action | Fault | float,
        service: str = "*",
        operation: str = "*",
        caller: str = "",
        role: str = "",
        when: When = "before",
        match: Callable[[Call], bool] = lambda _call: True,
        nth: int = 1,
        times: int = 1_000_000,
    ) -> Interception:
        """Act on calls from the `nth` matching one on, for `times` calls.

        Args:
            action: A callable that may block and may return a `Fault`, a `Fault`, or seconds.
            service: The service's name in boto3.
            operation: The operation's name in the API, such as `PutObject`.
            caller: The role session's name: a function's name.
            role: The role's name.
            when: `before` the service sees the call, or `after` it has answered (the effect stays).
            match: A further condition.
            nth: The first matching call to act on, from one.
            times: For how many calls.
        """
        rule = Interception(
            service=service,
            operation=operation,
            caller=caller,
            role=role,
            when=when,
            action=_as_action(action),
            match=match,
            nth=nth,
            times=times,
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def record(self, call: Call) -> tuple[list[Interception], list[Interception]]:
        """Note a call; returns the rules to run before and after it."""
        self.calls.append(call)
        self.first_calls.setdefault((call.role, call.service, call.operation), call)
        before: list[Interception] = []
        after: list[Interception] = []
        with self._lock:
            self._rules = [rule for rule in self._rules if not rule.removed]
            for rule in self._rules:
                if not rule.wants(call):
                    continue
                rule.seen += 1
                if rule.nth <= rule.seen < rule.nth + rule.times:
                    rule.hits.append(call)
                    (before if rule.when == "before" else after).append(rule)
        return before, after

    def clear(self) -> None:
        """Remove all rules and forget all calls."""
        with self._lock:
            for rule in self._rules:
                rule.remove()
                if isinstance(rule.action, Pause):
                    rule.action.release()
            self._rules.clear()
        self.calls.clear()
        self.first_calls.clear()


def _as_action(action: Action | Fault | float) -> Action:
    if isinstance(action, Fault):
        return lambda _call: action
    if isinstance(action, int | float):
        return delay(action)
    return action
