"""What a selected JSON value becomes."""

import json
import re
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.row_test import RowTest

NULL: Final = b"null"
EMPTY: Final = b'""'
_QUOTE, _TRUE, _FALSE = b'"tf'
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def rewrite(action: Action, token: bytes) -> bytes | None:
    """Return what the action makes of a value; the same bytes if it leaves the value alone.

    None is a null for a type that the action does not fit.
    """
    if token[0] == _QUOTE:
        text = read_text(token)
        new = action.on_text(text)
        if new is not None:
            ascii_only = action.constant is not None or token.isascii()
            return token if new == text else write_text(new, ascii_only=ascii_only)
    elif token == NULL:
        return token
    elif (other := _ask_other(action, token)) is not None:
        return other
    return NULL if action.nulls else None


def rewrite_texts(action: Action, tokens: list[bytes]) -> list[bytes] | None:
    """Return what the action makes of many plain texts at once, None if that cannot be done.

    Without escapes a token holds no quote and no line end, so the tokens can be decoded as one text
    and cut apart at what is between them; and new texts without a backslash can be written as one,
    with a line end between them, which is then the only escape of its kind.
    """
    joined = b"\n".join(tokens)
    # A DEL may stand as it is, but would be written with an escape.
    if not tokens or b"\\" in joined or b"\x7f" in joined or not joined.isascii():
        return None
    answers = action.on_texts(joined.decode()[1:-1].split('"\n"'))
    texts = [answer for answer in answers if answer is not None]
    together = "\n".join(texts)
    plain = "\\" not in together and together.count("\n") == len(tokens) - 1
    if len(texts) != len(tokens) or not plain:
        return None
    return write_text(together, ascii_only=True).replace(b"\\n", b'"\n"').split(b"\n")


def _ask_other(action: Action, token: bytes) -> bytes | None:
    first = token[0]
    if first in (_TRUE, _FALSE):
        answer = action.on_boolean(first == _TRUE)
        return None if answer is None else json.dumps(answer).encode()
    if first in b"{[":
        return None
    number = action.on_number(token.decode())
    return None if number is None else number.encode()


def read_text(token: bytes) -> str:
    """Return the text of a string token; lone surrogates stay what they are."""
    if b"\\" not in token:
        return token[1:-1].decode()
    text: str = json.loads(token)
    return text


def write_text(text: str, *, ascii_only: bool) -> bytes:
    """Return a string token; constants and what was ASCII are ASCII, to suit any encoding."""
    if ascii_only or _SURROGATE.search(text):
        return encode_basestring_ascii(text).encode()
    return encode_basestring(text).encode()


def row_goes(test: RowTest, token: bytes) -> bool:
    """Tell whether a row with this value goes."""
    if token == NULL or test.rule.is_null is not None:
        return test.on_null(null=token == NULL)
    first = token[0]
    if first == _QUOTE:
        return test.on_text(read_text(token))
    if first in (_TRUE, _FALSE):
        return test.on_boolean(first == _TRUE)
    return first not in b"{[" and test.on_number(token.decode())
