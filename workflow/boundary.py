"""The one boundary that every error crosses on its way out.

An error of our tree passes: its text is built from names and positions. Anything else may quote
the content of an object in its text, its cause or its locals, so only its type and place leave.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import ParamSpec, TypeVar

from workflow.errors import LakescrubError, UnexpectedError

_ROOT = Path(__file__).parent.parent
P = ParamSpec("P")
R = TypeVar("R")


def reduced(error: BaseException) -> LakescrubError:
    """Give an error that is safe to show: itself where it is one of ours, else type and place."""
    if isinstance(error, LakescrubError):
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    return UnexpectedError(f"{type(error).__name__} at {_place(error)}")


def _place(error: BaseException) -> str:
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    if not frames:
        return "an unknown place"
    frame = (ours or frames)[-1]
    path = Path(frame.filename)
    name = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(path.name)
    return f"{name}:{frame.lineno}"


def within_boundary(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function so that only safe errors leave it: ours as they are, others reduced."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - this is the boundary
            failure = reduced(error)
        # Raised out here, the new error does not drag the old one along as its context.
        raise failure

    return wrapped
