"""Does every line of a block hold one row, and no row nest too deep?"""

from io import BytesIO
from operator import itemgetter
from typing import Final

from workflow.scrub.jsontext.strict import MAX_DEPTH, Fault, check_depth

_SHALLOW: Final = 2 * MAX_DEPTH
"""No text as short as this nests deeper than allowed."""
_FEW: Final = 24
_FIRST, _LAST, _BEFORE_LAST, _BEFORE_THAT = (itemgetter(at) for at in (0, -1, -2, -3))
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
    if max(map(len, lines)) <= _SHALLOW:
        return True
    return not any(_may_be_deep(line) for line in lines if len(line) > _SHALLOW)


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


def is_deep(text: bytes) -> bool:
    """Tell whether a text nests too deep."""
    try:
        check_depth(text)
    except Fault:
        return True
    return False


def _may_be_deep(line: bytes) -> bool:
    """Tell whether a line has so many brackets that it may nest too deep."""
    for bracket in (b"{", b"["):
        at = -1
        for _ in range(_FEW):
            at = line.find(bracket, at + 1)
            if at < 0:
                break
        else:
            return line.count(b"{") + line.count(b"[") > MAX_DEPTH
    return False
