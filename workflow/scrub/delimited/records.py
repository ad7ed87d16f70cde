"""Records one by one: the reference, which also names what is malformed."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow.errors import MalformedData
from workflow.scrub.delimited.columns import Columns
from workflow.scrub.delimited.fields import MARK, QUOTE, read, row_goes
from workflow.scrub.lines import split_lines
from workflow.scrub.plan import Plan, Trace


@dataclass(slots=True)
class Record:
    """One record; a blank line is one without fields.

    Attributes:
        fields: The fields as they are spelled.
        line_end: What follows them.
    """

    fields: list[bytes]
    line_end: bytes


class RecordScrubber:
    """Scrubs records by a plan and counts in it.

    Args:
        plan: The rules.
        columns: Which rule writes which column.
    """

    def __init__(self, plan: Plan, columns: Columns) -> None:
        """Keep both."""
        self._plan = plan
        self._columns = columns

    def scrub(self, block: bytes, offset: int) -> bytes:
        """Return whole records scrubbed, without those that go."""
        pieces: list[bytes] = []
        for record in read_records(block, self._columns, row=self._plan.rows, offset=offset):
            if record.fields:
                self._plan.rows += 1
                if self._goes(record.fields):
                    self._plan.dropped += 1
                    continue
                self._rewrite(record.fields)
            pieces += (self._columns.join(record.fields), record.line_end)
        return b"".join(pieces)

    def _goes(self, fields: list[bytes]) -> bool:
        test = self._plan.row_test
        if test is None:
            return False
        return any(row_goes(test, fields[column]) for column in self._columns.tested)

    def _rewrite(self, fields: list[bytes]) -> None:
        for rule in self._columns.absent:
            self._plan.absent(rule, row=self._plan.rows)
        for column, rule in self._columns.written.items():
            fields[column] = self._apply(rule, fields[column])

    def _apply(self, rule: int, field: bytes) -> bytes:
        bound = self._plan.rules[rule]
        removes = bound.action.removes
        new = field if removes else self._columns.spelling.rewrite(bound.action, field)
        after = self._columns.spelling.empty if new is None else new
        bound.tally.matched += 1
        bound.tally.nulled += new is None
        bound.tally.changed += removes or after != field
        if self._plan.trace is not None:
            shown = None if removes else read(after)
            trace = Trace(self._plan.rows, rule, bound.rule.field, read(field), shown)
            self._plan.trace(trace)
        return after


def read_records(block: bytes, columns: Columns, *, row: int, offset: int) -> Iterator[Record]:
    """Yield the records of a block.

    Args:
        block: Whole records.
        columns: How many fields a record has, and what is between them.
        row: The number of the row before the block.
        offset: Where the block starts in the object.

    Raises:
        MalformedData: A record has too many or too few fields, or a quote that does not end.
    """
    masked, quoted = columns.quotes.mask(block)
    marked = iter(quoted)
    for line in split_lines(masked):
        body = line.removesuffix(b"\n").removesuffix(b"\r")
        record = Record([], line[len(body) :])
        if body or columns.count == 1:
            row += 1
            fields = body.split(columns.delimiter)
            if what := _fault(fields, body, columns.count):
                raise MalformedData(what, row=row, offset=offset)
            record.fields = [next(marked) if field == MARK else field for field in fields]
            offset += sum(map(len, record.fields)) + len(fields) - 1
        yield record
        offset += len(record.line_end)


def _fault(fields: list[bytes], body: bytes, count: int | None) -> str | None:
    """Return what is wrong with a record, None if nothing is."""
    if b"\r" in body:
        return "a carriage return outside quotes"
    if any(MARK in field and field != MARK for field in fields):
        return "text behind a quoted field"
    if any(field.startswith(QUOTE) for field in fields):
        return "a quote that does not end"
    if count is not None and len(fields) != count:
        return f"{len(fields)} fields, not {count}"
    return None
