"""What a selected JSON value becomes."""

import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.row_test import RowTest

NULL: Final = b"null"
EMPTY: Final = b'""'
_QUOTE, _TRUE, _FALSE = b'"tf'
_LONGEST_ESCAPE: Final = 12
"""Bytes of one character at most, as two surrogates."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def rewrite(action: Action, token: bytes) -> bytes | None:
    """Return what the action makes of a value; the same bytes if it leaves the value alone.

    None is a null for a type that the action does not fit.
    """
    if token[0] == _QUOTE:
        text = read_text(token)
        new = action.on_text(text)
        return token if new == text else _write(action, token, new)
    if token == NULL:
        return token
    if (other := _ask_other(action, token)) is not None:
        return other
    return NULL if action.nulls else None


def rewrite_many(action: Action, tokens: list[bytes]) -> list[bytes | None]:
    """Return what the action makes of many values; the same as asking for each, but quicker."""
    texts = [token for token in tokens if token[0] == _QUOTE]
    together = iter(_rewrite_texts(action, texts))
    if len(texts) == len(tokens):
        return list(together)
    return [next(together) if token[0] == _QUOTE else rewrite(action, token) for token in tokens]


def _rewrite_texts(action: Action, tokens: list[bytes]) -> Sequence[bytes | None]:
    joined = b"\n".join(tokens)
    # A DEL may stand as it is, but would be written with an escape.
    if tokens and b"\\" not in joined and b"\x7f" not in joined and joined.isascii():
        plain = _rewrite_plain(action, joined, len(tokens))
        if plain is not None:
            return plain
    if action.constant is not None:
        return _rewrite_to(action.constant, tokens)
    texts: list[str] = json.loads(b"[" + b",".join(tokens) + b"]")
    return [
        token if new == text else _write(action, token, new)
        for token, text, new in zip(tokens, texts, action.on_texts(texts), strict=True)
    ]


def _rewrite_to(constant: str, tokens: list[bytes]) -> list[bytes]:
    """Return one text for all, but for those that it is already, however they are spelled."""
    new = write_text(constant, ascii_only=True)
    longest = len(constant) * _LONGEST_ESCAPE + len(EMPTY)
    return [
        token if len(token) <= longest and read_text(token) == constant else new for token in tokens
    ]


def _write(action: Action, token: bytes, new: str | None) -> bytes | None:
    """Return the token of a new text, as the old one was spelled."""
    if new is None:
        return NULL if action.nulls else None
    return write_text(new, ascii_only=action.constant is not None or token.isascii())


def _rewrite_plain(action: Action, joined: bytes, count: int) -> list[bytes] | None:
    """Return what the action makes of ASCII texts without escapes, None if they get some.

    Without escapes a token holds no quote and no line end, so the tokens can be decoded as one text
    and cut apart at what is between them; and new texts without a backslash can be written as one,
    with a line end between them, which is then the only escape of its kind.
    """
    answers = action.on_texts(joined.decode()[1:-1].split('"\n"'))
    texts = [answer for answer in answers if answer is not None]
    together = "\n".join(texts)
    plain = "\\" not in together and together.count("\n") == count - 1
    if len(texts) != count or not plain:
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
