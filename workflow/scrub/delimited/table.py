"""A delimited file from its first record to its last."""

from workflow.scrub.delimited.columns import Columns, lay_out
from workflow.scrub.delimited.fields import Quotes, Spelling, read
from workflow.scrub.delimited.many import ManyRecords
from workflow.scrub.delimited.records import RecordScrubber, read_records
from workflow.scrub.jsontext.strict import Fault, check_utf8
from workflow.scrub.native.records import NativeRecords
from workflow.scrub.plan import Plan


class Table:
    """Scrubs the blocks of one file, in their order.

    Args:
        plan: The rules.
        delimiter: What is between fields.
        quotes: How quoted fields are found.
    """

    def __init__(self, plan: Plan, delimiter: bytes, quotes: Quotes) -> None:
        """Know nothing of the columns yet."""
        self._plan = plan
        self._quotes = quotes
        self._delimiter = delimiter
        self._rows: _Rows | None = None
        self._offset = 0

    def scrub(self, block: bytes) -> bytes:
        """Return whole records scrubbed.

        Raises:
            MalformedData: A record breaks the format.
            UnsupportedEncoding: The text is not UTF-8.
            SchemaMismatch: The rules do not fit the columns.
        """
        try:
            check_utf8(block)
        except Fault as fault:
            raise fault.located(None, self._offset) from None
        offset = self._offset
        self._offset += len(block)
        if self._rows is None:
            return self._scrub_first(block, offset)
        return self._rows.scrub(block, offset)

    def _scrub_first(self, block: bytes, offset: int) -> bytes:
        """Scrub a block in which the first record may be; blank lines before it stay."""
        unknown = Columns(None, self._delimiter, self._quotes, Spelling(self._delimiter, empty=b""))
        size = 0
        for record in read_records(block, unknown, row=0, offset=offset):
            if record.fields:
                return self._scrub_from(record.fields, record.line_end, block, size)
            size += len(record.line_end)
        return block

    def _scrub_from(self, first: list[bytes], line_end: bytes, block: bytes, start: int) -> bytes:
        header = self._plan.options.csv.header
        names = [read(f) for f in first] if header else [str(n + 1) for n in range(len(first))]
        columns = lay_out(names, self._plan, delimiter=self._delimiter, quotes=self._quotes)
        self._rows = _Rows(self._plan, columns)
        head = b""
        end = start
        if header:
            head = columns.join(first) + line_end
            end += len(self._delimiter.join(first) + line_end)
        return block[:start] + head + self._rows.scrub(block[end:], self._offset - len(block) + end)


class _Rows:
    """The records below the header: many at once where they suit, one by one where not."""

    def __init__(self, plan: Plan, columns: Columns) -> None:
        self._many = many_records(plan, columns)
        self._records = RecordScrubber(plan, columns)

    def scrub(self, block: bytes, offset: int) -> bytes:
        if not block:
            return b""
        new = None if self._many is None else self._many.scrub(block)
        return self._records.scrub(block, offset) if new is None else new


def many_records(plan: Plan, columns: Columns) -> NativeRecords | ManyRecords | None:
    """Return what scrubs many records at once, None if nothing does for such a plan."""
    rejects = any(plan.rules[rule].rule.missing == "reject" for rule in columns.absent)
    # A lone column spells what is empty in its own way.
    lone = (columns.count or 0) - len(columns.removed) <= 1
    if plan.trace is not None or rejects or lone:
        return None
    return NativeRecords.for_plan(plan, columns) or ManyRecords(plan, columns)
