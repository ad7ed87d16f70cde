"""Is this one JSON text by RFC 8259? The exact answer, with the place of the first fault.

The quick answer comes from msgspec, whose skipping decoder accepts exactly RFC 8259 but for three
things: it looks at no UTF-8, it refuses lone surrogate escapes (which the RFC's grammar allows),
and its depth depends on the interpreter's stack. So the UTF-8 is checked beside it, the depth by
counting brackets where a text is long enough to be deep, and whatever it refuses is read again by
the slow machine below, which has the last word.
"""

import re
from typing import Final, cast

import msgspec

from workflow.errors import MalformedData, PermanentError, UnsupportedEncoding
from workflow.scrub.jsontext.tokens import (
    BRACKET,
    SPACE,
    STRICT_ITEMS,
    STRICT_MEMBERS,
    STRICT_SCALAR,
    STRICT_STRING,
    Match,
)

MAX_DEPTH: Final = 500
"""Arrays and objects inside one another; deeper is malformed."""

_RAW: Final = msgspec.json.Decoder(msgspec.Raw)
_CLOSER: Final = {0x7B: 0x7D, 0x5B: 0x5D}
_OPEN_OBJECT, _CLOSE_OBJECT, _COMMA, _COLON = 0x7B, 0x7D, 0x2C, 0x3A


class Fault(Exception):
    """Where a JSON text breaks; becomes `MalformedData` where the row is known."""

    def __init__(self, what: str, offset: int) -> None:
        """Keep the place."""
        super().__init__(what)
        self.what = what
        self.offset = offset

    def located(self, row: int | None, offset: int) -> PermanentError:
        """Return the public error, for a row that starts at an offset."""
        return MalformedData(self.what, row=row, offset=offset + self.offset)


class NotUtf8(Fault):
    """The fault is in the encoding, not in the format."""

    def __init__(self, offset: int) -> None:
        """Keep the place."""
        super().__init__("not UTF-8", offset)

    def located(self, row: int | None, offset: int) -> PermanentError:
        """Return the public error, for a row that starts at an offset."""
        place = "" if row is None else f"row {row}, "
        return UnsupportedEncoding(f"{self.what} at {place}byte offset {offset + self.offset}")


def check_json(text: bytes) -> None:
    """Check one JSON text, with white space around it.

    Raises:
        Fault: It is not valid.
    """
    check_utf8(text)
    try:
        _RAW.decode(text)
    except (msgspec.DecodeError, RecursionError):
        read_slowly(text)
    if len(text) > 2 * MAX_DEPTH:
        check_depth(text)


def check_utf8(text: bytes) -> None:
    """Check the encoding.

    Raises:
        Fault: A byte does not belong.
    """
    if text.isascii():
        return
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(error.start) from None


def check_depth(text: bytes) -> None:
    """Check how deep a text nests; strings count only if there are brackets enough.

    Raises:
        Fault: It is deeper than `MAX_DEPTH`.
    """
    if text.count(b"{") + text.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for match in BRACKET.finditer(text):
        depth += (match.start(1) >= 0) - (match.start(2) >= 0)
        if depth > MAX_DEPTH:
            raise Fault(f"nested deeper than {MAX_DEPTH}", match.start())


def read_slowly(text: bytes) -> None:
    """Read a text token by token.

    Raises:
        Fault: It is not valid.
    """
    machine = _Machine(text)
    machine.value()
    while machine.stack:
        machine.after_value()
    machine.space()
    if machine.position != len(text):
        raise Fault("more than one value", machine.position)


class _Machine:
    """A position in the text and the closers that are still owed."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.position = 0
        self.stack: list[int] = []

    def space(self) -> int:
        """Skip white space; return the byte after it, or -1 at the end."""
        match = SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.text[self.position] if self.position < len(self.text) else -1

    def value(self) -> None:
        """Read a scalar, or open containers down to the first scalar or empty container."""
        while (byte := self.space()) in _CLOSER:
            self.stack.append(_CLOSER[byte])
            if len(self.stack) > MAX_DEPTH:
                raise Fault(f"nested deeper than {MAX_DEPTH}", self.position)
            self.position += 1
            if self.space() == self.stack[-1]:
                self.close()
                return
            if byte == _OPEN_OBJECT:
                self.key()
        self.token(STRICT_STRING if byte == 0x22 else STRICT_SCALAR, "not a value")  # noqa: PLR2004

    def after_value(self) -> None:
        """Read a comma and the next value, or a closer; and what is flat before that, at once."""
        flat = STRICT_MEMBERS if self.stack[-1] == _CLOSE_OBJECT else STRICT_ITEMS
        self.position = cast("Match", flat.match(self.text, self.position)).end()
        byte = self.space()
        if byte == self.stack[-1]:
            self.close()
        elif byte == _COMMA:
            self.position += 1
            if self.stack[-1] == _CLOSE_OBJECT:
                self.key()
            self.value()
        else:
            raise Fault("neither a comma nor the end of the container", self.position)

    def key(self) -> None:
        """Read a key and its colon."""
        self.space()
        self.token(STRICT_STRING, "not a key")
        if self.space() != _COLON:
            raise Fault("no colon after a key", self.position)
        self.position += 1

    def token(self, pattern: re.Pattern[bytes], what: str) -> None:
        match = pattern.match(self.text, self.position)
        if match is None:
            raise Fault(what if self.position < len(self.text) else "truncated", self.position)
        self.position = match.end()

    def close(self) -> None:
        self.stack.pop()
        self.position += 1
