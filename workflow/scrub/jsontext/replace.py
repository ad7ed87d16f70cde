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
_LONG: Final = 512


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
    """Return the block with the texts behind a name replaced, for an action that has one answer.

    Nothing goes but texts, each from its first quote to its last, wherever they stand.

    Returns:
        None if not all values are texts that are spaced alike, if the name does not occur exactly
        as often as there are values, or if that could not be made sure of.
    """
    token = _constant(action, values)
    return (
        None if token is None or not values else _jump_over(block, Site(block, key, values), token)
    )


def replace_values(block: bytes, key: bytes, values: list[Any], action: Action) -> Replaced | None:
    """Return the block with the values behind a name replaced, where no name has an escape.

    Returns:
        None if the name does not occur exactly as often as there are values, or if that could not
        be made sure of.
    """
    site = Site(block, key, values)
    tails = block.split(key)
    if len(tails) != len(values) + 1:
        return None
    # One name, one value: what follows a name starts with its colon and its value.
    head = tails.pop(0)
    if [tail.startswith(site.opening) for tail in tails].count(False):
        return _look_at_each(head, tails, site, action)
    return _ask_each(head, tails, site, action)


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


def _ask_each(head: bytes, tails: list[bytes], site: Site, action: Action) -> Replaced:
    """Ask the action for each of many texts that are all spaced alike."""
    width = len(site.opening) - 1
    ends = [width + len(value) for value in site.values]
    tokens = [tail[width:end] for tail, end in zip(tails, ends, strict=True)]
    nulled = 0
    news = rewrite_texts(action, tokens)
    if news is None:
        answers = [rewrite(action, token) for token in tokens]
        nulled = answers.count(None)
        news = [NULL if answer is None else answer for answer in answers]
    same = sum(map(eq, tokens, news))
    glue = [site.key + site.opening[:-1]] * len(tails)
    rests = [tail[end:] for tail, end in zip(tails, ends, strict=True)]
    block = b"".join([head, *chain.from_iterable(zip(glue, news, rests, strict=True))])
    return Replaced(block, len(tails), changed=len(tails) - same, nulled=nulled)


def _look_at_each(head: bytes, tails: list[bytes], site: Site, action: Action) -> Replaced | None:
    """Ask the action for each value, where not all are texts or spaced alike.

    A long container goes to the reference, and so does one with a line end in it: when it is gone,
    the layout of the block can no longer be seen.
    """
    done = Replaced(b"", len(tails))
    pieces = [head]
    for tail, value in zip(tails, site.values, strict=True):
        start = cast("Match", COLON.match(tail)).end()
        end = start + len(value)
        token = tail[start:end]
        if token[0] in b"{[" and (len(token) > _LONG or b"\n" in token):
            return None
        new = rewrite(action, token)
        if new is None:
            done.nulled += 1
            new = NULL
        done.changed += new != token
        pieces += (site.key, tail[:start], new, tail[end:])
    done.block = b"".join(pieces)
    return done


def _jump_over(block: bytes, site: Site, token: bytes) -> Replaced | None:
    """Put one text in the place of texts, without copying or searching them.

    The walk goes from one occurrence of the name to the next behind its value. At each it compares
    the bytes with the value that must be there, and takes only texts, whose end is certain. So each
    step passes exactly one member, and nothing is hidden in what it passes. If there are as many
    steps as values, and the name is not found again, its occurrences are the hits.
    """
    find, starts = block.find, block.startswith
    key, opening = site.key, site.opening
    to_opening = len(key)
    to_value = to_opening + len(opening) - 1
    pieces: list[bytes] = []
    size = len(token)
    end = same = 0
    for value in site.values:
        at = find(key, end)
        start = at + to_value
        if at < 0 or not (starts(opening, at + to_opening) and starts(value, start)):
            return None
        pieces.append(block[end:start])
        end = start + len(value)
        same += len(value) == size and starts(token, start)
    if find(key, end) >= 0:
        return None
    pieces.append(block[end:])
    count = len(site.values)
    return Replaced(token.join(pieces), count, changed=count - same)
