"""The action that searches texts for what looks like personal data."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from workflow.errors import PolicyError
from workflow.scrub.actions import utf8
from workflow.scrub.actions.base import Action, Utf8, refuse_unknown
from workflow.scrub.patterns import (
    BUILT_IN,
    Pattern,
    can_match_nothing,
    compile_pattern,
    searchable,
)


class Redact(Action):
    """What looks like personal data inside a text becomes a sign; the rest of the text stays.

    A replacement can bring text together, or to an edge, where a pattern now matches. So the text
    between the signs is searched again until nothing more is found; each round takes text away, and
    a text that is still not done after a few rounds becomes the sign alone. Either way a second
    pass finds nothing.
    """

    name: ClassVar[str] = "redact"
    _ROUNDS: ClassVar[int] = 8

    def __init__(self, pattern: Pattern, sign: str, *, own: Sequence[str]) -> None:
        """Keep the patterns, joined to one, and look at those that are not ours."""
        self._pattern = pattern
        self._sign = sign
        # Ours match no line feed, and tell an edge of the text from none by its letters only.
        self._in_lines = not own and "\n" not in sign
        # `\C` is a byte, and may end inside a character.
        self._in_bytes = not any(r"\C" in pattern for pattern in own)

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
        return cls(
            compile_pattern("|".join(f"(?:{pattern})" for pattern in patterns)), sign, own=own
        )

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

    def on_utf8(self, value: memoryview) -> Utf8 | None:
        """Return a long text with signs in it."""
        if not self._in_bytes:
            return super().on_utf8(value)
        if self._pattern.search(value) is None:
            return value
        sign, text = self._sign.encode(), value
        for _ in range(self._ROUNDS):
            if not any(self._pattern.search(part) for part in utf8.between(text, sign)):
                return text
            text = memoryview(self._redact_utf8(text, sign))
        return sign

    def on_texts(self, values: list[str]) -> list[str | None]:
        """Return what many texts become: searched as the lines of one, where that is the same."""
        if not self._in_lines or not all(map(self._is_line, values)):
            return super().on_texts(values)
        return [*self._redact_lines(values)]

    def _is_line(self, value: str) -> bool:
        return "\n" not in value and self._sign not in value and searchable(value) == value

    def _redact_lines(self, values: list[str]) -> list[str]:
        text = self._redact(before := "\n".join(values))
        if text == before:
            return values
        if self._pattern.search(text.replace(self._sign, "\n")) is None:
            return text.split("\n")
        return [self.on_text(value) for value in values]

    def _redact_between(self, text: str) -> str:
        return self._sign.join(map(self._redact, text.split(self._sign)))

    def _redact(self, text: str) -> str:
        parts: list[str] = []
        end = 0
        for match in self._pattern.finditer(text):
            parts += (text[end : match.start()], self._sign)
            end = match.end()
        parts.append(text[end:])
        return "".join(parts)

    def _redact_utf8(self, text: memoryview, sign: bytes) -> bytearray:
        out = bytearray()
        for number, part in enumerate(utf8.between(text, sign)):
            out += sign if number else b""
            end = 0
            for match in self._pattern.finditer(part):
                out += part[end : match.start()]
                out += sign
                end = match.end()
            out += part[end:]
        return out


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
