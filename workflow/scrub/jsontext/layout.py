"""Does every line of a block hold one row, and no row nest too deep?

And the same for an array, whose rows have something else between them.
"""

from io import BytesIO
from operator import itemgetter
from typing import Final, cast

from ahocorasick_rs import BytesAhoCorasick

from workflow.scrub.jsontext.elements import find_end, skip_space
from workflow.scrub.jsontext.strict import MAX_DEPTH, Fault, check_depth
from workflow.scrub.jsontext.tokens import COMMA, Match

_SHALLOW: Final = 2 * MAX_DEPTH
"""No text as short as this nests deeper than allowed."""
_FEW: Final = 24
_FIRST, _LAST, _BEFORE_LAST, _BEFORE_THAT = (itemgetter(at) for at in (0, -1, -2, -3))
_START, _END = (itemgetter(at) for at in (1, 2))
_OPENING, _CLOSING, _LINE_FEED, _RETURN = b"{}\n\r"


def is_one_row_a_line(block: bytes, rows: int) -> bool:
    """Tell whether every line is one object, for a block that is a run of so many objects.

    A line end between `}` and `{` cannot be inside an object: a comma or a closer would be there.
    So if all line ends are of that kind, they all are between rows, and if there are as many lines
    as rows, each line is one row.
    """
    lines = BytesIO(block).readlines()
    if len(lines) != rows or set(map(_FIRST, lines)) != {_OPENING} or not _close_alike(lines):
        return False
    return _are_shallow(lines)


def _close_alike(lines: list[bytes]) -> bool:
    """Tell whether all lines that start with `{` end with `}` and the same line end.

    The last one may have none.
    """
    *others, last = lines
    if _LAST(last) == _LINE_FEED:
        others, last = lines, b"}"
    ends = set(map(_BEFORE_LAST, others))
    if ends == {_RETURN}:
        ends = set(map(_BEFORE_THAT, others))
    return ends <= {_CLOSING} and _LAST(last) == _CLOSING


class Boundary:
    """What stands between the objects of an array, as far as its start tells.

    Args:
        data: The array behind its bracket, at least the first element and the start of the second.

    Attributes:
        text: From the closing to the opening brace; nothing if they are no objects.
    """

    def __init__(self, data: bytes) -> None:
        """Look at the first two elements."""
        start = skip_space(data, 0)
        end = find_end(data, start) or len(data)
        comma = cast("Match", COMMA.match(data, end))
        following = comma.end()
        objects = data.startswith(b"{", start) and data.startswith(b"{", following)
        self.text = data[end - 1 : following + 1] if comma[1] and objects else b""
        self._size = comma.end(1) - end + 1
        # Nothing else that finds all places of a few bytes is as quick.
        self._search = BytesAhoCorasick([self.text or b"}"]).find_matches_as_indexes

    def last_comma(self, data: bytes) -> int:
        """Return the end of the last comma that seems to stand between two elements, or 0."""
        at = data.rfind(self.text) if self.text else -1
        return at + self._size if at >= 0 else 0

    def split(self, rows: bytes) -> list[bytes]:
        """Return what stands between boundaries."""
        found = self._search(rows)
        starts = [0, *map(_END, found)]
        ends = [*map(_START, found), len(rows)]
        return [rows[start:end] for start, end in zip(starts, ends, strict=True)]

    def as_lines(self, parts: list[bytes]) -> bytes:
        """Return the parts as lines, the braces put back.

        If they can be decoded to as many rows, each part is one row. For what was cut is between
        two rows then: a text may hold no line end, and in an array the comma would be missed. So
        would be one too many where anything but the boundary stands between two rows.
        """
        return b"}\n{".join(parts)

    def parts_shallow_rows(self, left: bytes, rows: int) -> bool:
        """Tell whether no row nests too deep, from what is left of rows that it parts.

        New texts may hold it, too. If it is there no more often than between rows, none does.
        """
        parts = self.split(left)
        return len(parts) == rows and _are_shallow(parts)


def are_short(rows: list[bytes]) -> bool:
    """Tell whether no row can nest too deep, for its length alone."""
    return max(map(len, rows)) <= _SHALLOW


def _are_shallow(rows: list[bytes]) -> bool:
    if are_short(rows):
        return True
    return not any(_has_many_and_is_deep(row) for row in rows if len(row) > _SHALLOW)


def is_deep(text: bytes) -> bool:
    """Tell whether a text nests too deep."""
    try:
        check_depth(text)
    except Fault:
        return True
    return False


def _has_many_and_is_deep(line: bytes) -> bool:
    """Tell whether a line has more than a few brackets and nests too deep."""
    for bracket in (b"{", b"["):
        at = -1
        for _ in range(_FEW):
            at = line.find(bracket, at + 1)
            if at < 0:
                break
        else:
            return is_deep(line)
    return False
