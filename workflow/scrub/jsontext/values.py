"""What a selected JSON value becomes."""

import json
import re
from dataclasses import dataclass
from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.row_test import RowTest

NULL: Final = b"null"
_QUOTE, _TRUE, _FALSE, _NULL = b'"tfn'
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A new token, and whether it is null only for the old one's type."""

    token: bytes
    nulled: bool = False


def rewrite(action: Action, token: bytes) -> Rewritten:
    """Return what the action makes of a value; the same bytes if it leaves the value alone."""
    if token == NULL:
        return Rewritten(token)
    new = _ask(action, token)
    if new is None:
        return Rewritten(NULL, nulled=not action.nulls)
    return Rewritten(new)


def _ask(action: Action, token: bytes) -> bytes | None:
    first = token[0]
    if first == _QUOTE:
        return _ask_text(action, token)
    if first in (_TRUE, _FALSE):
        answer = action.on_boolean(first == _TRUE)
        return None if answer is None else json.dumps(answer).encode()
    if first in b"{[":
        return None
    text = token.decode()
    number = action.on_number(text)
    return None if number is None else number.encode()


def _ask_text(action: Action, token: bytes) -> bytes | None:
    text = read_text(token)
    new = action.on_text(text)
    if new is None or new == text:
        return None if new is None else token
    return write_text(new, ascii_only=token.isascii())


def read_text(token: bytes) -> str:
    """Return the text of a string token; lone surrogates stay what they are."""
    if b"\\" not in token:
        return token[1:-1].decode()
    text: str = json.loads(token)
    return text


def write_text(text: str, *, ascii_only: bool) -> bytes:
    """Return a string token; one that was ASCII stays so, to suit readers of any encoding."""
    if ascii_only or _SURROGATE.search(text):
        return json.dumps(text).encode()
    return json.dumps(text, ensure_ascii=False).encode()


def row_goes(test: RowTest, token: bytes) -> bool:
    """Tell whether a row with this value goes."""
    if test.on_null(null=token == NULL):
        return True
    first = token[0]
    if first == _QUOTE:
        return test.on_text(read_text(token))
    if first in (_TRUE, _FALSE):
        return test.on_boolean(first == _TRUE)
    if first == _NULL or first in b"{[":
        return False
    return test.on_number(token.decode())
