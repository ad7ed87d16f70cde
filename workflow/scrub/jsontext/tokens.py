r"""Regular expressions over JSON bytes.

`STRICT_*` accept exactly the tokens of RFC 8259. The others are for bytes that are known to be
valid, where less needs to be looked at. All repeats are possessive, so that none can backtrack:
the time is linear whatever the bytes.
"""

import re
from typing import Final

from workflow.scrub.repeats import repeat

Match = re.Match[bytes]

WS: Final = rb"[ \t\n\r]*+"
SPACE: Final = re.compile(WS)

STRICT_STRING: Final = re.compile(
    rb'"[^"\\\x00-\x1f]*+' + repeat(rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+') + rb'"'
)
STRICT_SCALAR: Final = re.compile(
    rb"-?(?:0|[1-9][0-9]*+)(?>(?:\.[0-9]++)?)(?>(?:[eE][+-]?+[0-9]++)?)|true|false|null"
)

_VALUE: Final = rb"(?:" + STRICT_STRING.pattern + rb"|" + STRICT_SCALAR.pattern + rb")"
STRICT_ITEMS: Final = re.compile(repeat(WS + rb"," + WS + _VALUE))
"""Texts, numbers and words of an array, each with the comma before it."""
STRICT_MEMBERS: Final = re.compile(
    repeat(WS + rb"," + WS + STRICT_STRING.pattern + WS + rb":" + WS + _VALUE)
)
"""The same of an object, with their names."""

_STRING: Final = rb'"[^"\\]*+' + repeat(rb'\\.[^"\\]*+') + rb'"'
_SCALAR: Final = rb'[^\]\[{}",: \t\n\r]++'
_NESTED: Final = 4


def _container() -> bytes:
    """Return a pattern for a whole object or array, up to a few levels deep."""
    plain = rb'[^\]\[{}"]++|' + _STRING
    pattern = rb"[\[{]" + repeat(plain) + rb"[\]}]"
    for _ in range(_NESTED):
        pattern = rb"[\[{]" + repeat(plain + rb"|" + pattern) + rb"[\]}]"
    return pattern


STRING: Final = re.compile(_STRING, re.DOTALL)
SCALAR: Final = re.compile(_SCALAR)
CONTAINER: Final = re.compile(_container(), re.DOTALL)
# The third group is the quote of a string that does not end.
BRACKET: Final = re.compile(rb"([\[{])|([\]}])|" + _STRING + rb'|(")', re.DOTALL)
VALUE: Final = rb"(?:" + _STRING + rb"|" + _SCALAR + rb"|" + _container() + rb")"
ELEMENTS: Final = re.compile(repeat(WS + VALUE + WS + rb"," + WS), re.DOTALL)
COLON: Final = re.compile(WS + rb":" + WS)
MEMBER: Final = re.compile(rb"(" + _STRING + rb")" + WS + rb":" + WS, re.DOTALL)
"""The name of a member, up to its value."""
COMMA: Final = re.compile(WS + rb"(,?+)" + WS)


def skipper(names: frozenset[str], *, ignore_case: bool) -> re.Pattern[bytes]:
    """Return a pattern for a run of members that no rule selects, each with its comma.

    It stops before a member with one of the names, before one whose name is written with
    escapes (and so must be read to be known), and before one that nests deep.
    """
    spelled = b"|".join(re.escape(name.encode("utf-8", "surrogatepass")) for name in sorted(names))
    flags = re.DOTALL | re.IGNORECASE if ignore_case else re.DOTALL
    # Folding is for ASCII here; a name with other letters is left to be read, too.
    text = rb'[^"\\\x80-\xff]' if ignore_case else rb'[^"\\]'
    key = rb'"(?!(?:' + spelled + rb')")' + text + rb'*+"' + WS + rb":" + WS
    return re.compile(repeat(key + VALUE + WS + rb"," + WS), flags)


def after_space(row: bytes, position: int) -> int:
    """Return the position behind white space."""
    if row[position] > 0x20:  # noqa: PLR2004 - no white space
        return position
    return _end(SPACE.match(row, position))


def after_item(row: bytes, end: int) -> tuple[int, int]:
    """Return where an item's comma ends (its own end, if there is none) and the next item starts.

    The end of the item itself is given for none, even where white space follows it.
    """
    match = COMMA.match(row, end)
    assert match is not None
    return (match.end(1) if match[1] else end), match.end()


def value_end(row: bytes, start: int) -> int:
    """Return the end of the value that starts there, in bytes that are valid JSON."""
    first = row[start]
    if first == 0x22:  # noqa: PLR2004 - a quote
        return _end(STRING.match(row, start))
    if first not in b"[{":
        return _end(SCALAR.match(row, start))
    match = CONTAINER.match(row, start)
    return match.end() if match else _deep_end(row, start)


def _deep_end(row: bytes, start: int) -> int:
    depth = 0
    for match in BRACKET.finditer(row, start):
        depth += (match.start(1) >= 0) - (match.start(2) >= 0)
        if depth == 0:
            return match.end()
    raise AssertionError("the bytes are not valid JSON")


def _end(match: re.Match[bytes] | None) -> int:
    assert match is not None, "the bytes are not valid JSON"
    return match.end()
