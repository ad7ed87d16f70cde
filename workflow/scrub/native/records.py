"""Records of a table in C: the same answers as `delimited/many.py`, for quoted fields as quick.

What the core is not sure of (ragged records, stray quotes and returns) is answered with None and
goes to the reference, which also names the fault.
"""

import ctypes as c
from collections.abc import Callable, Collection
from typing import Final, Self

from workflow.scrub.delimited.columns import Columns
from workflow.scrub.delimited.fields import QUOTE, row_goes
from workflow.scrub.native.library import NONE, Column, Found, Table, load
from workflow.scrub.native.scanner import New, Scanner
from workflow.scrub.plan import BoundRule, Plan

_ONLY: Final = 0


class Fields:
    """Reads records, and finds the fields of some columns.

    Args:
        library: The native core.
        columns: The columns of the file.
        wanted: The number of a rule for each column that has one.
        removed: Columns that are taken out.
        rules: How many rules there are.
    """

    def __init__(
        self,
        library: c.CDLL,
        columns: Columns,
        wanted: dict[int, int],
        removed: Collection[int],
        rules: int,
    ) -> None:
        """Lay the columns out."""
        self._library = library
        width = columns.count or 0
        kept = (column for column in range(width) if column not in removed)
        first_kept = next(kept, width)
        laid_out = (Column * width)(
            *(
                Column(wanted.get(column, NONE), column in removed, column < first_kept)
                for column in range(width)
            )
        )
        self._table = Table(laid_out, width, ord(columns.delimiter))
        self.scanner = Scanner(library, rules)

    def read(self, block: bytes, goes: bytes | None = None) -> bool:
        """Read all records; tell whether that was possible. The arguments are the scanner's."""

        def scan(data: bytes, found: Found) -> int:
            return int(self._library.lakescrub_scan_records(data, len(data), self._table, found))

        return self.scanner.scan(block, scan, goes)


class NativeRecords:
    """Scrubs blocks of records.

    Args:
        plan: The rules.
        columns: Which rule writes which column; more than one column stays.
        library: The native core.
    """

    def __init__(self, plan: Plan, columns: Columns, library: c.CDLL) -> None:
        """Give the core the columns."""
        self._plan = plan
        self._columns = columns
        rules = len(plan.rules)
        self._fields = Fields(library, columns, columns.written, columns.removed, rules)
        self._tested = Fields(library, columns, dict.fromkeys(columns.tested, _ONLY), (), 1)

    @classmethod
    def for_plan(cls, plan: Plan, columns: Columns) -> Self | None:
        """Return the way, None if the core was not built."""
        library = load() if plan.native else None
        return None if library is None else cls(plan, columns, library)

    def scrub(self, block: bytes) -> bytes | None:
        """Return whole records scrubbed, None if they are not for this way."""
        goes, test = None, self._plan.row_test
        if test is not None:
            if not self._tested.read(block):
                return None
            goes = self._tested.scanner.rows_that_go(lambda field: row_goes(test, field))
        if not self._fields.read(block, goes):
            return None
        rows, dropped = self._fields.scanner.rows, 0 if goes is None else goes.count(b"\1")
        for rule in self._columns.absent:
            self._plan.rules[rule].tally.absent += rows - dropped
        self._plan.rows += rows
        self._plan.dropped += dropped
        return self._fields.scanner.put(self._plan.rules, self._new)

    def _new(self, number: int, bound: BoundRule) -> New:
        """Return what takes the place of the fields of a rule's column."""
        scanner, action = self._fields.scanner, bound.action
        tally = scanner.tallies[number]
        # A pair of quotes is empty already and stays as it is spelled.
        if (action.nulls or action.constant == "") and tally.texts == tally.matched:
            return New(b"")
        answers = self._columns.spelling.rewrite_many(action, scanner.tokens(number))
        bound.tally.nulled += answers.count(None)
        empty = self._columns.spelling.empty
        return New.of_each([empty if answer is None else answer for answer in answers])


def end_finder(delimiter: bytes) -> Callable[[bytes], int] | None:
    """Return what finds the end of the last record, as `Quotes.last_record_end` does.

    None if the core was not built.
    """
    library = load()
    if library is None:
        return None

    def last_record_end(text: bytes) -> int:
        if QUOTE not in text:
            return text.rfind(b"\n") + 1
        return int(library.lakescrub_last_record_end(text, len(text), ord(delimiter)))

    return last_record_end
