"""Actions on text: replace, mask, truncate."""

import math
from collections.abc import Mapping
from typing import ClassVar, Self

from workflow.errors import PolicyError
from workflow.scrub.actions import utf8
from workflow.scrub.actions.base import Action, Utf8, refuse_unknown, whole_number


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

    def on_utf8(self, value: memoryview) -> Utf8 | None:  # noqa: ARG002
        """Return the constant if it is text."""
        return None if self.constant is None else self.constant.encode("utf-8", "replace")

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

    def on_utf8(self, value: memoryview) -> Utf8:
        """Mask a long text."""
        first, last, char = self._first, self._last, self._char.encode()
        length = utf8.length(value)
        hidden = length - first - last
        if hidden <= 0:
            return utf8.repeated(char, length)
        end = utf8.after(value, first + hidden)
        return utf8.repeated(char, hidden, utf8.first(value, first), end)

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

    def on_utf8(self, value: memoryview) -> Utf8:
        """Return the first characters of a long text."""
        return utf8.first(value, self._length)
