"""Replace selected values in a block of rows, given what msgspec says that they are."""

from dataclasses import dataclass
from itertools import chain
from operator import eq
from typing import Any, Final, cast

from workflow.scrub.actions.base import Action
from workflow.scrub.jsontext.tokens import COLON, Match
from workflow.scrub.jsontext.values import EMPTY, NULL, rewrite, rewrite_texts, write_text
from workflow.scrub.report import Tally

_OPENINGS: Final = (b': "', b':"')
_QUOTE, _COMMA, _SPACE, _OPENING, _CLOSING = b'", {}'


class Site:
    """A name in a block of valid rows, and the values that msgspec found behind it.

    Attributes:
        key: The name with its quotes.
        values: The selected values, `msgspec.Raw`, in the order of the bytes.
        opening: How the first value's colon and quote are spaced; if others differ, so be it.
    """

    def __init__(self, block: bytes, key: bytes, values: list[Any]) -> None:
        """Look at the first one."""
        self.key = key
        self.values = values
        first = block.find(key) + len(key)
        self.opening = _OPENINGS[0] if block.startswith(_OPENINGS[0], first) else _OPENINGS[1]


@dataclass(slots=True)
class Replaced:
    """A block with new values, and what was done to it."""

    block: bytes
    matched: int
    changed: int = 0
    nulled: int = 0

    def add_to(self, tally: Tally) -> None:
        """Add to the counts of a rule."""
        tally.matched += self.matched
        tally.changed += self.changed
        tally.nulled += self.nulled


def replace_texts(block: bytes, key: bytes, values: list[Any], action: Action) -> Replaced | None:
    """Return the block with the texts behind a name replaced.

    Nothing goes but texts, each from its first quote to its last, wherever they stand.

    Returns:
        None if not all values are texts that are spaced alike, if the name does not occur exactly
        as often as there are values, or if that could not be made sure of.
    """
    pieces = _pieces_between_texts(block, Site(block, key, values)) if values else None
    if pieces is None:
        return None
    token = _constant(action, values)
    if token is not None:
        changed = len(values) - _count_same(values, token)
        return Replaced(token.join(pieces), len(values), changed)
    tokens = [*map(bytes, values)]
    together = rewrite_texts(action, tokens)
    answers: list[bytes | None] = [*(together or (rewrite(action, token) for token in tokens))]
    news = [NULL if answer is None else answer for answer in answers]
    scrubbed = b"".join([*chain.from_iterable(zip(pieces, news, strict=False)), pieces[-1]])
    changed = len(values) - sum(map(eq, tokens, news))
    return Replaced(scrubbed, len(values), changed, nulled=answers.count(None))


def replace_values(block: bytes, key: bytes, values: list[Any], action: Action) -> Replaced | None:
    """Return the block with the values behind a name replaced, where no name has an escape.

    Returns:
        None if the name does not occur exactly as often as there are values.
    """
    pieces = block.split(key)
    if len(pieces) != len(values) + 1:
        return None
    # One name, one value: what follows a name starts with its colon and its value.
    done = Replaced(b"", len(values))
    scrubbed = [pieces.pop(0)]
    for piece, value in zip(pieces, values, strict=True):
        start = cast("Match", COLON.match(piece)).end()
        token = bytes(value)
        new = rewrite(action, token)
        if new is None:
            done.nulled += 1
            new = NULL
        done.changed += new != token
        scrubbed += (key, piece[:start], new, piece[start + len(token) :])
    done.block = b"".join(scrubbed)
    return done


def drop_members(block: bytes, key: bytes, values: list[Any]) -> Replaced | None:
    """Return the block without the members of a name, where no name has an escape.

    Each goes with the comma behind it, or with the one before it where it is the last.

    Returns:
        None if the name does not occur exactly as often as there are values, or where other white
        space stands than most writers write.
    """
    if block.count(key) != len(values):
        return None
    # One name, one value: the occurrences are the members.
    pieces: list[bytes] = []
    end = 0
    for value in values:
        name = block.find(key, end)
        start = cast("Match", COLON.match(block, name + len(key))).end()
        span = _member_span(block, name, start + len(value))
        if span is None:
            return None
        pieces.append(block[end : span[0]])
        end = span[1]
    pieces.append(block[end:])
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


def _pieces_between_texts(block: bytes, site: Site) -> list[bytes] | None:
    """Return what stands before, between and behind the texts of a name.

    The walk goes from one occurrence of the name to the next behind its value, and compares what
    stands there with the value that must be there. That is right if as many steps as values take
    it past the last occurrence, and no name is written with an escape:

    1. A text has a quote that is not escaped at its ends only. So a step skips no more than one
       occurrence, and only if the text has one at its end (`"name"`, or one that ends like it).
       Such a text is a non-hit occurrence in its own place too.
    2. So if the steps pass all occurrences, there are none but the hits and those in their own
       values, which come behind their hits. The first occurrence is the first hit, and behind its
       value the next one is the next.
    3. A hit's value is found nowhere but at its place: one byte nearer it would be an empty text
       with a quote behind it, farther away there is white space or the colon.

    If a name is written with an escape, a step may take away the wrong bytes, but no escape: behind
    a name that is no hit's they are a text, or start at the end of one and hold none.
    """
    find, starts = block.find, block.startswith
    to_value = len(site.key) + len(site.opening) - 1
    pieces: list[bytes] = []
    add = pieces.append
    key = site.key
    end = 0
    for value in site.values:
        at = find(key, end)
        start = at + to_value
        if at < 0 or not starts(value, start) or block[start] != _QUOTE:
            return None
        add(block[end:start])
        end = start + len(value)
    if find(key, end) >= 0:
        return None
    add(block[end:])
    return pieces


def _count_same(values: list[Any], token: bytes) -> int:
    """Count the values that are spelled like the token."""
    return [*map(bytes, values)].count(token) if len(token) in map(len, values) else 0
