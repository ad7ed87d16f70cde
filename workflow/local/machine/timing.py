"""Wait, Retry and the machine's TimeoutSeconds run on the stack's clock.

Wrong in moto 5.2.5: they sleep in real time, so a moved clock does not end them, and a stopped
execution sleeps on in its Retry. The time-out of a Task stays in real time: the work that it
limits is real, and an `advance` in its middle must not kill it.
"""

import threading
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import (
    MaxAttemptsOutcome,
)
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

from workflow.local.clock import CLOCK
from workflow.local.shims.pins import Pin

_PREFIX = "moto.stepfunctions.parser.asl"
PINS = (
    Pin(
        f"{_PREFIX}.component.common.retry.retrier_decl:RetrierDecl._eval_body", "c816d4644fe2c182"
    ),
    Pin(
        f"{_PREFIX}.component.state.wait.wait_function.wait_function:WaitFunction",
        "18ad515b3599182c",
    ),
    Pin(f"{_PREFIX}.component.program.program:Program.eval", "b65ba5ca9c558632"),
    Pin(f"{_PREFIX}.eval.environment:Environment.set_stop", "baeb15b043695fb0"),
)


def install() -> None:
    """Replace the three places that wait."""
    retrier_decl.RetrierDecl._eval_body = _retry
    WaitFunction._eval_body = _wait
    Program.eval = _run_program


def _wait(self: WaitFunction, env: Environment) -> None:
    seconds = self._get_wait_seconds(env=env)
    CLOCK.sleep(seconds, unless=lambda: not env.is_running())


def _retry(self: Any, env: Environment) -> None:
    """Moto's own steps, with a sleep that ends when the clock is moved or the run is stopped."""
    self.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    self.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    for part in (
        self.interval_seconds,
        self.backoff_rate,
        self.max_delay_seconds,
        self.jitter_strategy,
    ):
        part.eval(env=env)
    CLOCK.sleep(env.stack.pop(), unless=lambda: not env.is_running())
    env.stack.append(RetrierOutcome.Executed if env.is_running() else RetrierOutcome.Failed)


def _run_program(self: Program, env: Environment) -> None:
    """Evaluate on a thread of its own and give up when the machine's time is over."""
    limit = self.timeout_seconds.timeout_seconds if self.timeout_seconds else None
    env.next_state_name = self.start_at.start_at_name
    if limit is None:
        EvalComponent.eval(self, env)
        return
    ended, woken = threading.Event(), threading.Event()

    def evaluate() -> None:
        try:
            EvalComponent.eval(self, env)
        finally:
            ended.set()
            woken.set()

    threading.Thread(target=evaluate, daemon=True).start()
    CLOCK.sleep(limit, unless=ended.is_set, woken=woken)
    if not ended.is_set():
        env.set_timed_out()
        CLOCK.wake()
