"""Fields as they are spelled, and what actions make of them."""

import re
from typing import Final

from workflow.scrub.actions.base import Action

_QUOTED: Final = re.compile(rb'"[^"]*+(?>(?:""[^"]*+)*)"')
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False}
MARK: Final = b'"'
"""Stands for a quoted field; no other quote can be left."""


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
        return field if new == text else self._spell(new, quoted=field.startswith(MARK))

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
    if field.startswith(MARK):
        return field[1:-1].replace(b'""', b'"').decode()
    return field.decode()


def take_quoted(block: bytes) -> tuple[bytes, list[bytes]]:
    """Return the block with a mark for each quoted field, and those fields."""
    if MARK not in block:
        return block, []
    return _QUOTED.sub(MARK, block), _QUOTED.findall(block)
