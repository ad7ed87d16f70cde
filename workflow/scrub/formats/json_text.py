"""JSON: one text. The elements of a top-level array are rows; any other text is one row.

An array is never held whole. As many whole elements as a buffer has are found by one pattern and
scrubbed; what is left is joined with more input. Where an element does not end in the buffer, the
buffer is doubled before it is searched again, so that the work stays linear in an element's size.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, cast

from workflow.errors import MalformedData, SchemaMismatch
from workflow.scrub.formats.base import TextFormat
from workflow.scrub.jsontext.batches import BatchScrubber
from workflow.scrub.jsontext.elements import Element, find_end, skip_space, split_elements
from workflow.scrub.jsontext.layout import Boundary
from workflow.scrub.jsontext.tokens import COMMA, ELEMENTS
from workflow.scrub.lines import check_row_size
from workflow.scrub.plan import Plan

if TYPE_CHECKING:
    import re

_ARRAY: Final = b"["
_SPACE: Final = b" \t\r\n"
_PATIENCE: Final = 16
"""Batches whose elements are looked for one by one after a start that had a surprise."""


class Buffer:
    """Input that is held until it is used.

    Args:
        chunks: The input.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """Start with nothing read."""
        self._chunks = iter(chunks)
        self.data = b""
        self.offset = 0
        self.ended = False

    def grow(self) -> None:
        """Read until the data has doubled, or to the end.

        Raises:
            ObjectTooLarge: It is then larger than a row may be.
        """
        held = [self.data]
        size, wanted = len(self.data), max(1, 2 * len(self.data))
        while size < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.ended = True
                break
            held.append(chunk)
            size = check_row_size(size + len(chunk))
        self.data = b"".join(held)

    def take(self, size: int) -> bytes:
        """Use up the first bytes."""
        taken, self.data = self.data[:size], self.data[size:]
        self.offset += size
        return taken


class Json(TextFormat):
    """One JSON text."""

    name: ClassVar[str] = "json"

    @classmethod
    def sniff(cls, head: bytes) -> bool:
        """Tell whether it starts like an array, or like an object with line ends in it.

        Asked after NDJSON, so what is left is a text that its first line does not hold.
        """
        return head.lstrip(_SPACE).startswith((b"[", b"{"))

    def rewrite(self, chunks: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
        """Yield the scrubbed text; a row that goes takes its comma with it."""
        buffer = Buffer(chunks)
        space = 0
        while not buffer.ended and space == len(buffer.data):
            buffer.grow()
            space = skip_space(buffer.data, 0)
        yield buffer.take(space)
        if buffer.data.startswith(_ARRAY):
            yield from _Elements(buffer, plan).rewrite()
        else:
            yield _rewrite_document(buffer, plan)


def _rewrite_document(buffer: Buffer, plan: Plan) -> bytes:
    if plan.row_test is not None:
        raise SchemaMismatch("drop_rows needs rows, and the document is no array")
    while not buffer.ended:
        buffer.grow()
    offset = buffer.offset
    return BatchScrubber(plan).scrub_row(buffer.data, offset) or b""


class _Elements:
    """The rows of one array."""

    def __init__(self, buffer: Buffer, plan: Plan) -> None:
        self._buffer = buffer
        self._plan = plan
        self._scrubber = BatchScrubber(plan)
        # Owed before the next element that stays: a comma, if one stayed before, and white space.
        self._gap = b""
        self._kept = False
        self._first_lead: bytes | None = None
        self._boundary = Boundary(b"")
        self._wait = 0

    def rewrite(self) -> Iterator[bytes]:
        """Yield the array, and the white space after it."""
        yield self._buffer.take(1)
        commas = False
        while (new := self._rewrite_next()) is not None:
            commas = True
            yield new
        yield self._rewrite_last(after_comma=commas)
        yield from self._read_end()

    def _rewrite_next(self) -> bytes | None:
        """Return some scrubbed elements, each with its comma, None if none has a comma any more."""
        new = self._rewrite_start()
        if new is None and (size := self._whole_elements()):
            offset = self._buffer.offset
            return self._rewrite_batch(self._buffer.take(size), offset)
        return new

    def _rewrite_start(self) -> bytes | None:
        """Return as many elements as there seem to be in the buffer, None if that is not sure."""
        if self._plan.row_test is not None or self._wait > 0:
            self._wait -= 1
            return None
        if not self._buffer.ended:
            self._buffer.grow()
        if not self._boundary.text:
            self._boundary = Boundary(self._buffer.data)
        size = self._boundary.last_comma(self._buffer.data)
        new = self._scrubber.scrub_start(self._buffer.data[:size], self._boundary) if size else None
        if new is None:
            self._wait = _PATIENCE
            return None
        self._buffer.take(size)
        return new

    def _whole_elements(self) -> int:
        """Return the length of the elements, each with its comma, that the buffer starts with."""
        while True:
            data = self._buffer.data
            end = cast("re.Match[bytes]", ELEMENTS.match(data)).end() or _deep_element(data)
            if end or self._buffer.ended:
                return end
            self._buffer.grow()

    def _rewrite_batch(self, batch: bytes, offset: int) -> bytes:
        if self._plan.row_test is None:
            return self._scrubber.scrub_elements(batch, offset)
        output: list[bytes] = []
        for element in split_elements(batch):
            output += self._rewrite_row(element, offset)
            self._gap += b"," if self._kept and not self._gap.startswith(b",") else b""
            offset += element.size + 1
        # White space behind the last comma stands before an element that is not here yet.
        self._gap += batch[len(batch.rstrip(_SPACE)) :]
        return b"".join(output)

    def _rewrite_row(self, element: Element, offset: int) -> tuple[bytes, ...]:
        new = self._scrubber.scrub_row(element.value, offset + len(element.lead))
        if self._first_lead is None:
            self._first_lead = self._gap + element.lead
        if new is None:
            self._gap += element.lead
            return ()
        gap, self._gap, self._kept = self._gap, b"", True
        return gap, element.lead, new, element.trail

    def _rewrite_last(self, *, after_comma: bool) -> bytes:
        """Return what becomes of the element before the closing bracket, if there is one."""
        data = self._buffer.data
        start = skip_space(data, 0)
        if data[start : start + 1] == b"]" and not after_comma:
            return self._buffer.take(start)
        end = find_end(data, start)
        if end is None:
            self._refuse("truncated" if start == len(data) else "not a value", start)
        offset = self._buffer.offset
        element = Element(data[:start], data[start:end], data[end : skip_space(data, end)])
        self._buffer.take(element.size)
        rewritten = self._rewrite_row(element, offset)
        if rewritten:
            return b"".join(rewritten)
        # With the last rows the comma before them goes, and all that is between.
        return (b"" if self._kept else self._first_lead or b"") + element.trail

    def _read_end(self) -> Iterator[bytes]:
        if self._buffer.data[:1] != b"]":
            what = "neither a comma nor the end of the array" if self._buffer.data else "truncated"
            self._refuse(what, 0)
        yield self._buffer.take(1)
        while self._buffer.data or not self._buffer.ended:
            space = self._buffer.take(skip_space(self._buffer.data, 0))
            if self._buffer.data:
                self._refuse("more than one value", 0)
            yield space
            self._buffer.grow()

    def _refuse(self, what: str, position: int) -> NoReturn:
        raise MalformedData(what, row=self._plan.rows + 1, offset=self._buffer.offset + position)


def _deep_element(data: bytes) -> int:
    """Return the length of an element that nests too deep for the pattern, with its comma."""
    end = find_end(data, skip_space(data, 0))
    if end is None:
        return 0
    comma = COMMA.match(data, end)
    return comma.end() if comma and comma[1] else 0
