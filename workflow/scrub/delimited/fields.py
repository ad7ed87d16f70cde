"""Fields as they are spelled, and what actions make of them."""

import re
from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.repeats import repeat
from workflow.scrub.row_test import RowTest

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
        self._quoted = re.compile(b'[\r"' + re.escape(delimiter) + b"]")

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

    def rewrite_many(self, action: Action, fields: list[bytes]) -> list[bytes | None]:
        """Return what the action makes of many fields; the same as asking for each, but quicker.

        Fields without quotes hold no line ends, so they are decoded as one text and cut apart at
        the line ends between them; and so are new texts that need no quotes.
        """
        return self._rewrite_plain(action, fields) or [self.rewrite(action, f) for f in fields]

    def _rewrite_plain(self, action: Action, fields: list[bytes]) -> list[bytes | None] | None:
        joined = b"\n".join(fields)
        if QUOTE in joined or not fields:
            return None
        texts = joined.decode().split("\n")
        answers = action.on_texts(texts)
        # An empty field is a null and stays one.
        news = [answer if text else "" for text, answer in zip(texts, answers, strict=True)]
        raw = "\n".join(new for new in news if new is not None).encode("utf-8", "replace")
        if None in news or raw.count(b"\n") != len(news) - 1 or self._quoted.search(raw):
            return None
        return [*raw.split(b"\n")]

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


def row_goes(test: RowTest, field: bytes) -> bool:
    """Tell whether a row with this field goes."""
    text = read(field)
    return test.on_null(null=not text) or (bool(text) and test.on_text(text, untyped=True))


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
