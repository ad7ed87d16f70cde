"""Replace selected values in a block of rows, given what msgspec says that they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import eq
from typing import Any, cast

from workflow.scrub.actions.base import Action
from workflow.scrub.jsontext.names import lead
from workflow.scrub.jsontext.tokens import COLON, Match
from workflow.scrub.jsontext.values import EMPTY, NULL, rewrite_many, write_text
from workflow.scrub.report import Tally

_QUOTE, _COMMA, _SPACE, _OPENING, _CLOSING = b'", {}'


@dataclass(slots=True)
class Replaced:
    """A block with new values, and what was done to it."""

    block: bytes
    matched: int
    changed: int = 0
    nulled: int = 0
    absent: int = 0

    def add_to(self, tally: Tally) -> None:
        """Add to the counts of a rule."""
        tally.absent += self.absent
        tally.matched += self.matched
        tally.changed += self.changed
        tally.nulled += self.nulled


def replace_texts(
    block: bytes, ends: Sequence[int], values: list[Any], action: Action
) -> Replaced | None:
    """Return the block with the texts behind a name replaced.

    Nothing goes but texts, each from its first quote to its last, wherever they stand.

    Args:
        block: The rows.
        ends: Where the name's occurrences end, as many as there are values.
        values: What msgspec found behind the name.
        action: What becomes of the values.

    Returns:
        None if not all values are texts that are spaced alike, or if there are none.
    """
    pieces = _pieces_between_texts(block, ends, values)
    if pieces is None:
        return None
    token = _constant(action, values)
    if token is not None:
        changed = len(values) - _count_same(values, token)
        return Replaced(token.join(pieces), len(values), changed)
    tokens = [*map(bytes, values)]
    answers = rewrite_many(action, tokens)
    news = [NULL if answer is None else answer for answer in answers]
    scrubbed = b"".join([*chain.from_iterable(zip(pieces, news, strict=False)), pieces[-1]])
    changed = len(values) - sum(map(eq, tokens, news))
    return Replaced(scrubbed, len(values), changed, nulled=answers.count(None))


def replace_values(
    block: bytes, ends: Sequence[int], values: list[Any], action: Action
) -> Replaced:
    """Return the block with the values behind a name replaced, where no name has an escape.

    The arguments are those of `replace_texts`.
    """
    tokens = [*map(bytes, values)]
    answers = rewrite_many(action, tokens)
    news = [NULL if answer is None else answer for answer in answers]
    changed = len(values) - sum(map(eq, tokens, news))
    scrubbed = put_values(block, ends, tokens, news)
    return Replaced(scrubbed, len(values), changed, nulled=answers.count(None))


def put_values(
    block: bytes, ends: Sequence[int], tokens: Sequence[bytes], news: Sequence[bytes]
) -> bytes:
    """Return the block with others in the place of a name's values, where no name has an escape."""
    # One name, one value: what follows a name is its colon and its value.
    pieces: list[bytes] = []
    last = 0
    for end, token, new in zip(ends, tokens, news, strict=True):
        start = cast("Match", COLON.match(block, end)).end()
        pieces += (block[last:start], new)
        last = start + len(token)
    pieces.append(block[last:])
    return b"".join(pieces)


def drop_members(
    block: bytes, ends: Sequence[int], values: list[Any], *, key_size: int
) -> Replaced | None:
    """Return the block without the members of a name, where no name has an escape.

    Each goes with the comma behind it, or with the one before it where it is the last. The
    arguments are those of `replace_texts`, and the length of the name with its quotes.

    Returns:
        None where other white space stands than most writers write.
    """
    # One name, one value: the occurrences are the members.
    pieces: list[bytes] = []
    last = 0
    for end, value in zip(ends, values, strict=True):
        start = cast("Match", COLON.match(block, end)).end()
        span = _member_span(block, end - key_size, start + len(value))
        if span is None:
            return None
        pieces.append(block[last : span[0]])
        last = span[1]
    pieces.append(block[last:])
    return Replaced(b"".join(pieces), len(values), changed=len(values))


def _member_span(block: bytes, name: int, end: int) -> tuple[int, int] | None:
    """Return what to take out for a member that starts with its name, None for odd spaces."""
    if block[end] == _COMMA:
        return name, end + 1
    if block[end] != _CLOSING:
        return None
    before = name - 1 if block[name - 1] != _SPACE else name - 2
    if block[before] == _COMMA:
        return before, end
    return (name, end) if before == name - 1 and block[before] == _OPENING else None


def _constant(action: Action, values: list[Any]) -> bytes | None:
    """Return what all texts become, None if that differs.

    A text that is the constant already stays as it is spelled. So each is asked for where one could
    be spelled otherwise, which takes an escape, here or there.
    """
    if action.nulls:
        return NULL
    if not action.constant:
        return None if action.constant is None else EMPTY
    token = write_text(action.constant, ascii_only=True)
    return None if b"\\" in token or b"\\" in b"".join(values) else token


def _pieces_between_texts(
    block: bytes, ends: Sequence[int], values: list[Any]
) -> list[bytes] | None:
    """Return what stands before, between and behind the texts of a name.

    Each value is compared with what stands behind its name. If no name is written with an escape,
    the names are those of the values, and then a value is found nowhere but at its place: one byte
    nearer it would be an empty text with a quote behind it, farther away is the colon or a space.

    If a name is written with an escape, the wrong bytes may go, but no escape: behind a name that
    is not the value's, they are a text, or start with the end of one and then hold none.
    """
    if not ends:
        return None
    starts = block.startswith
    space = lead(block, ends[0])
    pieces: list[bytes] = []
    add = pieces.append
    last = 0
    for end, value in zip(ends, values, strict=True):
        start = end + space
        if not starts(value, start) or block[start] != _QUOTE:
            return None
        add(block[last:start])
        last = start + len(value)
    add(block[last:])
    return pieces


def _count_same(values: list[Any], token: bytes) -> int:
    """Count the values that are spelled like the token."""
    return [*map(bytes, values)].count(token) if len(token) in map(len, values) else 0
