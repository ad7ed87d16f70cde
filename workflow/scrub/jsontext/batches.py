"""Many rows at once: the hot loop where it can, the reference row by row where it cannot.

This is the seam where the native core takes the place of the hot loop in Python.
"""

from typing import Final

from workflow.scrub.jsontext.elements import split_elements
from workflow.scrub.jsontext.folding import FoldingLoop
from workflow.scrub.jsontext.hot import HotLoop
from workflow.scrub.jsontext.layout import Boundary
from workflow.scrub.jsontext.rows import RowScrubber
from workflow.scrub.lines import halve, split_lines
from workflow.scrub.native.loop import NativeLoop
from workflow.scrub.plan import Plan

AnyLoop = NativeLoop | HotLoop | FoldingLoop

_SMALL: Final = 8 * 1024
"""A block that is not worth cutting in search of the one odd row."""

_PATIENCE: Final = 16
"""Blocks that go to the reference at once after one in which the hot loop did nothing."""


def hot_loop(plan: Plan) -> AnyLoop | None:
    """Return the loop for a plan, None if there is none."""
    return NativeLoop.for_plan(plan) or python_loop(plan)


def python_loop(plan: Plan) -> HotLoop | FoldingLoop | None:
    """Return the loop for where the native core was not built."""
    return (FoldingLoop if plan.options.ignore_case else HotLoop).for_plan(plan)


class BatchScrubber:
    """Scrubs blocks of rows by a plan and counts in it.

    Args:
        plan: The rules.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare both ways."""
        self._rows = RowScrubber(plan)
        self._hot = hot_loop(plan)
        self._wait = 0

    def scrub_row(self, row: bytes, offset: int) -> bytes | None:
        """Return one row scrubbed, None if it goes."""
        return self._rows.scrub(row, offset)

    def scrub_document(self, text: bytes, offset: int) -> bytes:
        """Return a text that is one row, scrubbed; it does not go."""
        new = None if self._hot is None else self._hot.scrub_document(text)
        if new is None:
            new = self._rows.scrub(text, offset)
        assert new is not None
        return new

    def scrub_lines(self, block: bytes, offset: int) -> bytes:
        """Return whole lines scrubbed, without the rows that go."""
        if self._hot is None or self._wait > 0:
            self._wait -= 1
            return self._scrub_lines_slowly(block, offset)
        pieces: list[bytes] = []
        if not self._try_lines(self._hot, block, offset, pieces):
            self._wait = _PATIENCE
        return b"".join(pieces) if len(pieces) != 1 else pieces[0]

    def _try_lines(self, hot: AnyLoop, block: bytes, offset: int, pieces: list[bytes]) -> bool:
        """Add the scrubbed lines; tell whether the hot loop did any of them."""
        new = hot.scrub_lines(block)
        if new is not None:
            pieces.append(new)
            return True
        first, second = halve(block) if len(block) > _SMALL else (block, b"")
        if not second:
            pieces.append(self._scrub_lines_slowly(block, offset))
            return False
        done = self._try_lines(hot, first, offset, pieces)
        return self._try_lines(hot, second, offset + len(first), pieces) or done

    def _scrub_lines_slowly(self, block: bytes, offset: int) -> bytes:
        lines = []
        for line in split_lines(block):
            new = self._rows.scrub(line, offset) if line.strip(b" \t\r\n") else line
            if new is not None:
                lines.append(new)
            offset += len(line)
        return b"".join(lines)

    def scrub_start(self, start: bytes, boundary: Boundary) -> bytes | None:
        """Return the start of an array up to a comma, scrubbed, None if it has a surprise."""
        return None if self._hot is None else self._hot.scrub_start(start, boundary)

    def try_elements(self, batch: bytes) -> bytes | None:
        """Return whole elements of an array, each with its comma, scrubbed; None for a surprise.

        One that goes takes its comma with it, and leaves the white space before it.
        """
        return None if self._hot is None else self._hot.scrub_elements(batch)

    def scrub_elements(self, batch: bytes, offset: int) -> bytes:
        """Return whole elements of an array, each with its comma, scrubbed; none may go."""
        output: list[bytes] = []
        for element in split_elements(batch):
            value = self._rows.scrub(element.value, offset + len(element.lead))
            assert value is not None
            output += (element.lead, value, element.trail, b",")
            offset += element.size + 1
        # White space behind the last comma belongs to an element that is not here yet.
        return b"".join(output) + batch[len(batch.rstrip(b" \t\r\n")) :]
