"""Patterns of policies, in linear time: a backtracking one would let a row stop a whole lake."""

from typing import Protocol, cast

from workflow.errors import PolicyError

_MAX_LENGTH = 1000


class Pattern(Protocol):
    """What we use of a compiled pattern."""

    def search(self, text: str) -> object | None:
        """Find the pattern anywhere in the text."""
        ...

    def sub(self, replacement: str, text: str) -> str:
        """Replace every match."""
        ...


def compile_pattern(text: str) -> Pattern:
    """Compile with RE2, which knows no backtracking and so refuses what needs it.

    Raises:
        PolicyError: The pattern is wrong, too long, or needs backtracking.
    """
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - only patterns pay for it

    if not isinstance(text, str) or not 0 < len(text) <= _MAX_LENGTH:
        raise PolicyError(f"a pattern has 1 to {_MAX_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(text, options))
    except re2.error as error:
        raise PolicyError(f"not a linear-time (RE2) pattern: {text!r}") from error
