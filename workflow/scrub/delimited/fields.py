"""Fields as they are spelled, and what actions make of them."""

import re
from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.repeats import repeat

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False}
QUOTE: Final = b'"'
MARK: Final = b"\xff"
"""Stands for a quoted field; this byte is in no UTF-8 text."""


class Spelling:
    """How the fields of a file are spelled.

    Args:
        delimiter: One ASCII character.
        empty: How an empty value is spelled; a lone column needs quotes, not to be a blank line.
    """

    def __init__(self, delimiter: bytes, empty: bytes) -> None:
        """Prepare the search for what needs quotes."""
        self.empty = empty
        self._special = re.compile(b'[\r\n"' + re.escape(delimiter) + b"]")

    def rewrite(self, action: Action, field: bytes) -> bytes | None:
        """Return what the action makes of a field; the same bytes if it leaves the value alone.

        None is an empty field for a value that the action does not fit.
        """
        text = read(field)
        if not text:
            return field
        new = _ask(action, text)
        if new is None:
            return self.empty if action.nulls else None
        return field if new == text else self._spell(new, quoted=field.startswith(QUOTE))

    def _spell(self, text: str, *, quoted: bool) -> bytes:
        raw = text.encode("utf-8", "replace")
        if not raw:
            return self.empty
        if not quoted and not self._special.search(raw):
            return raw
        return b'"' + raw.replace(b'"', b'""') + b'"'


def _ask(action: Action, text: str) -> str | None:
    """Ask for the text, then for the number or boolean that it spells: a CSV has no types."""
    new = action.on_text(text)
    if new is None and _NUMBER.fullmatch(text):
        new = action.on_number(text)
    if new is None and text in _BOOLEANS:
        answer = action.on_boolean(_BOOLEANS[text])
        new = None if answer is None else str(answer).lower()
    return new


def read(field: bytes) -> str:
    """Return the text of a field."""
    if field.startswith(QUOTE):
        return field[1:-1].replace(b'""', b'"').decode()
    return field.decode()


class Quotes:
    """Finds the quoted fields of a text that starts with a record.

    A quote opens a field only at its start; elsewhere in a field without quotes it is a character
    like others (`5'11"`), as all readers have it.

    Args:
        delimiter: One ASCII character.
    """

    def __init__(self, delimiter: bytes) -> None:
        """Prepare the searches."""
        start = b"(?<![^\n" + re.escape(delimiter) + b"])"
        self._quoted = re.compile(start + rb'"[^"]*+' + repeat(rb'""[^"]*+') + rb'"')
        self._open = re.compile(start + b'"')

    def mask(self, text: bytes) -> tuple[bytes, list[bytes]]:
        """Return the text with a mark for each quoted field, and those fields."""
        if QUOTE not in text:
            return text, []
        return self._quoted.sub(MARK, text), self._quoted.findall(text)

    def find_open(self, masked: bytes) -> int:
        """Return where a quoted field starts that does not end, -1 if all in the masked text do."""
        match = self._open.search(masked) if QUOTE in masked else None
        return match.start() if match else -1

    def last_record_end(self, text: bytes) -> int:
        """Return the position behind the last line end that is not quoted, 0 if there is none."""
        if QUOTE not in text:
            return text.rfind(b"\n") + 1
        masked, quoted = self.mask(text)
        open_field = self.find_open(masked)
        end = masked.rfind(b"\n", 0, len(masked) if open_field < 0 else open_field) + 1
        marks = masked.count(MARK, 0, end)
        return end - marks + sum(map(len, quoted[:marks]))
