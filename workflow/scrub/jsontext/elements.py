"""The elements of an array, found in bytes that are not known to be valid.

An element is found by its brackets and strings alone. Whatever else is wrong with it is told by
the check of the element itself; what stands between elements is matched exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from workflow.scrub.jsontext.strict import MAX_DEPTH
from workflow.scrub.jsontext.tokens import BRACKET, CONTAINER, SCALAR, SPACE, STRING, Match

_QUOTE: Final = b'"'
_OPENERS: Final = (b"[", b"{")


@dataclass(frozen=True, slots=True)
class Element:
    """One element with the white space around it.

    Attributes:
        lead: White space before the value.
        value: The value.
        trail: White space after the value, before the comma or the bracket.
    """

    lead: bytes
    value: bytes
    trail: bytes

    @property
    def size(self) -> int:
        """The length of all three."""
        return len(self.lead) + len(self.value) + len(self.trail)


def skip_space(data: bytes, position: int) -> int:
    """Return the position behind white space."""
    return cast("Match", SPACE.match(data, position)).end()


def find_end(data: bytes, start: int) -> int | None:
    """Return the end of the value that starts there, None if the data ends before it.

    A value that nests too deep ends there: as far as that it is no value, which its check tells.
    """
    if data.startswith(_OPENERS, start):
        match = CONTAINER.match(data, start)
        return match.end() if match else _find_closer(data, start)
    match = (STRING if data.startswith(_QUOTE, start) else SCALAR).match(data, start)
    return match.end() if match else None


def _find_closer(data: bytes, start: int) -> int | None:
    depth = 0
    for match in BRACKET.finditer(data, start):
        if match[3]:
            return None
        depth += (match.start(1) >= 0) - (match.start(2) >= 0)
        if depth == 0 or depth > MAX_DEPTH:
            return match.end()
    return None


def split_elements(batch: bytes) -> Iterator[Element]:
    """Yield the elements of bytes in which each is whole and followed by a comma."""
    position = 0
    while (start := skip_space(batch, position)) < len(batch):
        end = cast("int", find_end(batch, start))
        comma = skip_space(batch, end)
        yield Element(batch[position:start], batch[start:end], batch[end:comma])
        position = comma + 1
