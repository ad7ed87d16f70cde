"""Actions on text: replace, mask, truncate, redact."""

import math
from collections.abc import Mapping
from typing import ClassVar, Self

from workflow.errors import PolicyError
from workflow.scrub.actions.base import Action, refuse_unknown, whole_number
from workflow.scrub.patterns import (
    BUILT_IN,
    Pattern,
    can_match_nothing,
    compile_pattern,
    searchable,
)


class Replace(Action):
    """The value becomes a constant of the same kind; a value of another kind becomes null."""

    name: ClassVar[str] = "replace"

    def __init__(self, value: str | float | bool) -> None:
        """Keep the constant."""
        self._value = value
        self.constant = value if isinstance(value, str) else None

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read `with`, a text, a number or a boolean."""
        refuse_unknown(cls.name, options, ("with",))
        value = options.get("with")
        if not isinstance(value, str | int | float | bool) or not _is_finite(value):
            raise PolicyError("replace needs with: a text, a number, true or false")
        return cls(value)

    def on_text(self, value: str) -> str | None:  # noqa: ARG002
        """Return the constant if it is text."""
        return self.constant

    def on_number(self, value: str) -> str | None:  # noqa: ARG002
        """Return the constant if it is a number."""
        if isinstance(self._value, bool | str):
            return None
        return str(self._value)

    def on_boolean(self, value: bool) -> bool | None:  # noqa: ARG002
        """Return the constant if it is true or false."""
        return self._value if isinstance(self._value, bool) else None


def _is_finite(value: str | float) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


class Mask(Action):
    """Every character but the first and last few becomes the same sign; the length stays."""

    name: ClassVar[str] = "mask"

    def __init__(self, char: str, keep_first: int, keep_last: int) -> None:
        """Keep the options."""
        self._char = char
        self._first = keep_first
        self._last = keep_last

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read `char`, `keep_first` and `keep_last`."""
        refuse_unknown(cls.name, options, ("char", "keep_first", "keep_last"))
        char = options.get("char", "*")
        if not isinstance(char, str) or len(char) != 1 or not char.isprintable():
            raise PolicyError("mask: char is one printable character")
        first = whole_number(cls.name, options, "keep_first", 0)
        return cls(char, first, whole_number(cls.name, options, "keep_last", 0))

    def on_text(self, value: str) -> str:
        """Mask the text; one not longer than what is kept is masked whole."""
        hidden = len(value) - self._first - self._last
        if hidden <= 0:
            return self._char * len(value)
        end = len(value) - self._last
        return value[: self._first] + self._char * hidden + value[end:]

    def on_texts(self, values: list[str]) -> list[str | None]:
        """Mask many texts; the common cases, of which nothing or the end is kept, in one go."""
        kept, mask, ask = self._last, self._char, self.on_text
        if self._first:
            return super().on_texts(values)
        if not kept:
            return [mask * len(value) for value in values]
        return [
            mask * (len(value) - kept) + value[-kept:] if len(value) > kept else ask(value)
            for value in values
        ]


class Truncate(Action):
    """Only the first characters stay."""

    name: ClassVar[str] = "truncate"

    def __init__(self, length: int) -> None:
        """Keep the length."""
        self._length = length

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read `length`."""
        refuse_unknown(cls.name, options, ("length",))
        if "length" not in options:
            raise PolicyError("truncate needs length")
        return cls(whole_number(cls.name, options, "length", 0))

    def on_text(self, value: str) -> str:
        """Return the first characters."""
        return value[: self._length]


class Redact(Action):
    """What looks like personal data inside a text becomes a sign; the rest of the text stays.

    A replacement can bring text together, or to an edge, where a pattern now matches. So the text
    between the signs is searched again until nothing more is found; each round takes text away, and
    a text that is still not done after a few rounds becomes the sign alone. Either way a second
    pass finds nothing.
    """

    name: ClassVar[str] = "redact"
    _ROUNDS: ClassVar[int] = 8

    def __init__(self, pattern: Pattern, sign: str) -> None:
        """Keep the patterns, joined to one."""
        self._pattern = pattern
        self._sign = sign
        self._template = sign.replace("\\", "\\\\")

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read `patterns` (names of built-in ones), `own` (patterns) and `with` (the sign)."""
        refuse_unknown(cls.name, options, ("patterns", "own", "with"))
        own = _texts(options, "own", [])
        names = _texts(options, "patterns", [] if own else list(BUILT_IN))
        for name in names:
            if name not in BUILT_IN:
                raise PolicyError(f"redact knows {', '.join(BUILT_IN)}, not {name!r}")
        for pattern in own:
            _check_own(pattern)
        sign = options.get("with", "[redacted]")
        if not isinstance(sign, str) or not sign or searchable(sign) != sign:
            raise PolicyError("redact: with is a text, not empty, and valid Unicode")
        patterns = [BUILT_IN[name] for name in names] + own
        return cls(compile_pattern("|".join(f"(?:{pattern})" for pattern in patterns)), sign)

    def on_text(self, value: str) -> str:
        """Return the text with signs in it."""
        text = searchable(value)
        if self._pattern.search(text) is None:
            return value
        for _ in range(self._ROUNDS):
            before, text = text, self._redact_between(text)
            if text == before:
                return text
        return self._sign

    def _redact_between(self, text: str) -> str:
        parts = text.split(self._sign)
        return self._sign.join(self._pattern.sub(self._template, part) for part in parts)


def _check_own(pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except PolicyError as error:
        raise PolicyError(f"redact: own: {error}") from None
    if can_match_nothing(pattern):
        # It would put signs between characters, at every pass more of them.
        raise PolicyError(f"redact: own: the pattern {pattern!r} can match the empty text")


def _texts(options: Mapping[str, object], option: str, default: list[str]) -> list[str]:
    values = options.get(option, default)
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise PolicyError(f"redact: {option} is a list of texts")
    return list(values)
