"""Patterns of policies, in linear time: a backtracking one would let a row stop a whole lake."""

from collections.abc import Iterator
from itertools import product
from typing import Final, Protocol, cast

from workflow.errors import PolicyError

_MAX_LENGTH: Final = 4000
# Nothing (the text's start or end), a line's end, a letter, a sign.
_SIDES: Final = ("", "\n", "a", "-")

BUILT_IN: Final = {
    "email": r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}",
    "iban": r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
    "card": r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
    "ssn": r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b",
    "ipv4": r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b",
    "ipv6": r"\b(?:[0-9A-Fa-f]{1,4}:){2,7}:?[0-9A-Fa-f]{1,4}\b",
    "phone": r"(?:\+|\b00)[1-9](?:[ ()./-]{0,2}[0-9]){6,14}\b",
}
"""What `redact` knows by name. They find too much rather than too little."""


class Match(Protocol):
    """What we use of a match."""

    def start(self) -> int:
        """Return where it starts."""
        ...

    def end(self) -> int:
        """Return where it ends."""
        ...


class Pattern(Protocol):
    """What we use of a compiled pattern."""

    def search(self, text: str | memoryview) -> object | None:
        """Find the pattern anywhere in the text, or in its UTF-8."""
        ...

    def fullmatch(self, text: str) -> object | None:
        """Find the pattern in all of the text."""
        ...

    def finditer(self, text: str | memoryview) -> Iterator[Match]:
        """Find every match, from left to right; in UTF-8, its places are those of bytes."""
        ...


def compile_pattern(text: str) -> Pattern:
    """Compile with RE2, which knows no backtracking and so refuses what needs it.

    Raises:
        PolicyError: The pattern is wrong, too long, or needs backtracking.
    """
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_LENGTH:
        raise PolicyError(f"a pattern has 1 to {_MAX_LENGTH} characters")
    if searchable(text) != text:
        raise PolicyError("a pattern is valid Unicode")
    return _compile(text)


def _compile(text: str) -> Pattern:
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - only patterns pay for it

    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(text, options))
    except re2.error as error:
        raise PolicyError(f"not a linear-time (RE2) pattern: {text!r}") from error


def can_match_nothing(text: str) -> bool:
    r"""Tell whether a pattern has a match of no length, wherever in whatever text.

    What RE2 asserts of a place (`^`, `$`, `\b` and the like) depends on nothing but the characters
    on either side of it, and on those only by their kind. So a few texts stand for all: the pattern
    is put between the two sides and has to match all of what they are joined to.
    """
    return any(
        _compile(f"{before}(?:{text}){after}").fullmatch(before + after) is not None
        for before, after in product(_SIDES, repeat=2)
    )


def searchable(text: str) -> str:
    """Return the text without lone surrogates, which RE2 cannot search."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
