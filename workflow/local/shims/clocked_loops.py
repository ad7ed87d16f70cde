"""Schedules and the retries of asynchronous invocations follow the stack's clock.

Wrong for us in ministack 1.5.33: its loops look every ten seconds of real time, and an
asynchronous invocation is repeated after a second. A moved clock would be noticed late.
AWS: a rate or a time is met within its minute; a failed asynchronous invocation is repeated after
one minute, then after two.
Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import time
from typing import Any

from ministack.services import eventbridge, lambda_svc, scheduler

from workflow.local.clock import CLOCK
from workflow.local.shims.pins import Pin

PINS = (
    Pin("ministack.services.scheduler:_ticker_loop", "e7e60739fd7582ff"),
    Pin("ministack.services.eventbridge:_scheduler_loop", "1a0829359b1cbdf1"),
    Pin("ministack.services.lambda_svc:invoke_async_with_retry", "dace854b10f40f45"),
)
_LOOK_SECONDS = 1
_FIRST_RETRY, _LAST_RETRY = 60, 120


class _ClockedTime:
    """The module `time`, except that sleepers wake when the clock is moved."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def sleep(seconds: float) -> None:
        CLOCK.sleep(seconds)


def install() -> None:
    """Let the three modules sleep on the stack's clock."""
    for module in (eventbridge, lambda_svc, scheduler):
        module.time = _ClockedTime()
    scheduler._SCHEDULE_TICK_INTERVAL = _LOOK_SECONDS
    eventbridge._SCHEDULER_TICK_INTERVAL = _LOOK_SECONDS
    lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS = _FIRST_RETRY
    lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS = _LAST_RETRY
