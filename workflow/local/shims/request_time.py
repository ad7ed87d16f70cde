"""A signature's time is not compared with the stack's clock.

Wrong for us in ministack 1.5.33 (right on AWS): a request signed more than 5 or 15 minutes from
the server's clock is refused. The stack's clock moves in one step with `lakescrub advance`, while
a client in another process, or a function in the middle of an invocation, still has its old time.
The signature itself is checked as before.
"""

from typing import Any

from ministack.core import sigv4

from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.core.sigv4:request_time_failure", "7e556c6253c3fd03"),
    Pin("ministack.core.iam_evaluator:authenticate", "c04cf87819a5be9e"),
)


def install() -> None:
    """Accept every signing time."""
    wrap(sigv4, "request_time_failure", lambda _original: _in_time)


def _in_time(_signature: Any, *, now: Any = None) -> None:
    del now
