"""JSON: one text. The elements of a top-level array are rows; any other text is one row.

An array is never held whole. Many whole elements are found by one pattern in a buffer and scrubbed;
what is left is joined with more input. Where an element does not end in the buffer, the buffer is
doubled before it is searched again, so that the work stays linear in an element's size; and what
was used is not cut off before that, so that it stays linear in their number.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, cast

from workflow.errors import MalformedData, SchemaMismatch
from workflow.scrub.formats.base import TextFormat
from workflow.scrub.jsontext.batches import BatchScrubber
from workflow.scrub.jsontext.elements import Element, find_end, skip_space, split_elements
from workflow.scrub.jsontext.layout import Boundary
from workflow.scrub.jsontext.tokens import COMMA, ELEMENTS
from workflow.scrub.lines import MAX_ROW, check_row_size
from workflow.scrub.plan import Plan

if TYPE_CHECKING:
    import re

_ARRAY: Final = b"["
_SPACE: Final = b" \t\r\n"
_NO_VALUE: Final = (b"]", b"}", b",", b":")
_MANY: Final = 1024 * 1024
"""Bytes of elements that are scrubbed at once, whatever is held."""
_PATIENCE: Final = 8 * _MANY
"""Bytes whose elements are looked for one by one after a start that had a surprise."""


class Buffer:
    """Input that is held until it is used.

    Args:
        chunks: The input.

    Attributes:
        data: What is held, and before it what was used since more was read.
        at: Where that starts which is not used yet.
        offset: Where that is in the input.
        ended: Whether all is read.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """Start with nothing read."""
        self._chunks = iter(chunks)
        self.data = b""
        self.at = 0
        self.offset = 0
        self.ended = False

    @property
    def left(self) -> int:
        """How many bytes are held."""
        return len(self.data) - self.at

    def grow(self) -> None:
        """Read until twice as much is held, or to the end.

        Raises:
            ObjectTooLarge: What is held is larger than a row may be.
        """
        self.fill(min(max(1, 2 * check_row_size(self.left)), MAX_ROW + 1))

    def fill(self, wanted: int) -> None:
        """Read until so much is held, or to the end."""
        size = self.left
        if size >= wanted:
            return
        held = [self.data[self.at :]]
        while size < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.ended = True
                break
            held.append(chunk)
            size += len(chunk)
        self.data, self.at = b"".join(held), 0

    def peek(self, size: int) -> bytes:
        """Return the first bytes; fewer if fewer are held."""
        return self.data[self.at : self.at + size]

    def skip(self, size: int) -> None:
        """Use up the first bytes. Nothing is moved: there may be far more than them."""
        self.at += size
        self.offset += size

    def take(self, size: int) -> bytes:
        """Use up the first bytes and return them."""
        taken = self.peek(size)
        self.skip(size)
        return taken

    def take_space(self) -> bytes:
        """Use up white space and return it."""
        return self.take(skip_space(self.data, self.at) - self.at)


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
        while not (buffer.left or buffer.ended):
            buffer.grow()
            yield buffer.take_space()
        if buffer.data.startswith(_ARRAY, buffer.at):
            yield from _Elements(buffer, plan).rewrite()
        else:
            yield _rewrite_document(buffer, plan)


def _rewrite_document(buffer: Buffer, plan: Plan) -> bytes:
    if plan.row_test is not None:
        raise SchemaMismatch("drop_rows needs rows, and the document is no array")
    while not buffer.ended:
        buffer.grow()
    offset = buffer.offset
    document = buffer.take(check_row_size(buffer.left))
    return BatchScrubber(plan).scrub_document(document, offset)


class _Elements:
    """The rows of one array."""

    def __init__(self, buffer: Buffer, plan: Plan) -> None:
        self._buffer = buffer
        self._plan = plan
        self._scrubber = BatchScrubber(plan)
        # Owed before the next element that stays: a comma, if one stayed before, and white space.
        self._gap: list[bytes] = []
        self._kept = False
        self._first_lead: bytes | None = None
        self._boundary = Boundary(b"")
        self._resume = 0

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
        if self._buffer.offset < self._resume:
            return None
        self._buffer.fill(_MANY // 2)
        start = self._buffer.peek(_MANY)
        if not self._boundary.text:
            self._boundary = Boundary(start)
        size = self._boundary.last_comma(start)
        stayed = self._stayed
        new = self._scrubber.scrub_start(start[:size], self._boundary) if size else None
        if new is None:
            self._resume = self._buffer.offset + _PATIENCE
            return None
        self._buffer.skip(size)
        return self._hold_back(start, new, stay=self._stayed > stayed)

    @property
    def _stayed(self) -> int:
        """How many rows have stayed."""
        return self._plan.rows - self._plan.dropped

    def _hold_back(self, batch: bytes, new: bytes, *, stay: bool) -> bytes:
        """Return what is owed and some scrubbed elements, but for the last comma: that is owed now.

        Args:
            batch: What the elements were.
            new: What those that stay have become, each with its comma.
            stay: Whether any stays; if not, only white space is left of them.
        """
        if self._plan.row_test is None:
            return new
        if self._first_lead is None:
            self._first_lead = b"".join((*self._gap, batch[: skip_space(batch, 0)]))
        if not stay:
            self._gap.append(new)
            return b""
        comma = new.rfind(b",")
        gap, self._gap, self._kept = self._gap, [new[comma:]], True
        return b"".join((*gap, new[:comma]))

    def _whole_elements(self) -> int:
        """Return the length of some elements, each with its comma, that the buffer starts with."""
        while (size := _find_elements(self._buffer.data, self._buffer.at)) is None:
            if self._buffer.ended:
                return 0
            self._buffer.grow()
        return size

    def _rewrite_batch(self, batch: bytes, offset: int) -> bytes:
        stayed = self._stayed
        new = self._scrubber.try_elements(batch)
        if new is not None:
            return self._hold_back(batch, new, stay=self._stayed > stayed)
        if self._plan.row_test is None:
            return self._scrubber.scrub_elements(batch, offset)
        output: list[bytes] = []
        for element in split_elements(batch):
            output += self._rewrite_row(element, offset)
            if self._kept and not self._gap:
                self._gap.append(b",")
            offset += element.size + 1
        # White space behind the last comma stands before an element that is not here yet.
        self._gap.append(batch[len(batch.rstrip(_SPACE)) :])
        return b"".join(output)

    def _rewrite_row(self, element: Element, offset: int) -> tuple[bytes, ...]:
        new = self._scrubber.scrub_row(element.value, offset + len(element.lead))
        if self._first_lead is None:
            self._first_lead = b"".join((*self._gap, element.lead))
        if new is None:
            self._gap.append(element.lead)
            return ()
        gap, self._gap, self._kept = self._gap, [], True
        return (*gap, element.lead, new, element.trail)

    def _rewrite_last(self, *, after_comma: bool) -> bytes:
        """Return what becomes of the element before the closing bracket, if there is one."""
        lead = self._buffer.take_space()
        data, start = self._buffer.data, self._buffer.at
        if data.startswith(b"]", start) and not after_comma:
            return lead
        end = find_end(data, start)
        if end is None:
            self._refuse("not a value" if self._buffer.left else "truncated")
        offset = self._buffer.offset
        value = self._buffer.take(end - start)
        element = Element(lead, value, self._buffer.take_space())
        rewritten = self._rewrite_row(element, offset - len(lead))
        if rewritten:
            return b"".join(rewritten)
        # With the last rows the comma before them goes, and all that is between.
        return (b"" if self._kept else self._first_lead or b"") + element.trail

    def _read_end(self) -> Iterator[bytes]:
        if not self._buffer.data.startswith(b"]", self._buffer.at):
            what = "neither a comma nor the end of the array" if self._buffer.left else "truncated"
            self._refuse(what)
        yield self._buffer.take(1)
        while self._buffer.left or not self._buffer.ended:
            yield self._buffer.take_space()
            if self._buffer.left:
                self._refuse("more than one value")
            self._buffer.grow()

    def _refuse(self, what: str) -> NoReturn:
        raise MalformedData(what, row=self._plan.rows + 1, offset=self._buffer.offset)


def _find_elements(data: bytes, at: int) -> int | None:
    """Return the length of elements, each with its comma, that start there.

    One that is large, or nests too deep for the pattern, comes alone.

    Returns:
        0 if what is there has no comma behind it, None if more data must tell.
    """
    end = cast("re.Match[bytes]", ELEMENTS.match(data, at, at + _MANY)).end()
    return end - at or _find_element(data, at)


def _find_element(data: bytes, at: int) -> int | None:
    start = skip_space(data, at)
    if data.startswith(_NO_VALUE, start):
        return 0
    end = find_end(data, start)
    comma = None if end is None else cast("re.Match[bytes]", COMMA.match(data, end))
    if comma is None or (comma.end() == len(data) and not comma[1]):
        return None
    return comma.end() - at if comma[1] else 0
