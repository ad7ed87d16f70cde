"""Does every line of a block hold one row, and no row nest too deep?"""

from typing import Final

from workflow.scrub.jsontext.strict import MAX_DEPTH, Fault, check_depth

_SHALLOW: Final = 2 * MAX_DEPTH
"""No text as short as this nests deeper than allowed."""
_FEW: Final = 24
_BETWEEN: Final = (b"}\n{", b"}\r\n{")
_LAST: Final = (b"}\n", b"}\r\n", b"}")


def is_one_row_a_line(block: bytes, rows: int) -> bool:
    """Tell whether every line is one object, for a block that is a run of so many objects.

    A line end between `}` and `{` cannot be inside an object: a comma or a closer would be there.
    So if all line ends are of that kind, they all are between rows, and if there are as many lines
    as rows, each line is one row.
    """
    if block[:1] != b"{" or not block.endswith(_LAST):
        return False
    find = block.find
    between = _BETWEEN[block[find(b"\n") - 1 : find(b"\n")] == b"\r"]
    back = len(between) - 2
    start = 0
    for _ in range(rows - 1):
        end = find(b"\n", start)
        if block[end - back : end + 2] != between:
            return False
        if end - start > _SHALLOW and _may_be_deep(block, start, end):
            return False
        start = end + 1
    return find(b"\n", start, len(block) - 1) < 0 and not _may_be_deep(block, start, len(block))


def is_deep(text: bytes) -> bool:
    """Tell whether a text nests too deep."""
    try:
        check_depth(text)
    except Fault:
        return True
    return False


def _may_be_deep(block: bytes, start: int, end: int) -> bool:
    """Tell whether a line has so many brackets that it may nest too deep."""
    for bracket in (b"{", b"["):
        at = start - 1
        for _ in range(_FEW):
            at = block.find(bracket, at + 1, end)
            if at < 0:
                break
        else:
            return block.count(b"{", start, end) + block.count(b"[", start, end) > MAX_DEPTH
    return False
