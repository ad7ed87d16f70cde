r"""Many records at once, with all heavy work in C.

Strategy. Each quoted field of a block is replaced by a mark, so that delimiters and line ends are
real ones. With a delimiter in the place of each line end, one cut gives all fields of all records
in one list, in which a column is a slice with a step. That all records have the same number of
fields shows when they are put together again: only then it is the same block.

Whatever does not fit (ragged or blank lines, stray quotes or returns) is answered with None and
goes to the reference. The tests hold both against each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, compress
from operator import eq
from typing import Final

from workflow.scrub.actions.base import Action
from workflow.scrub.delimited.columns import Columns
from workflow.scrub.delimited.fields import MARK, Spelling, row_goes
from workflow.scrub.plan import Plan

_LINE_END: Final = b"\n"
_RETURN: Final = b"\r"


@dataclass(slots=True)
class _Column:
    """A column with new values, and what was done to it."""

    rule: int
    fields: list[bytes]
    changed: int
    nulled: int = 0


class ManyRecords:
    """Scrubs blocks of records of one shape.

    Args:
        plan: The rules, without a trace.
        columns: Which rule writes which column; more than one column stays.
    """

    def __init__(self, plan: Plan, columns: Columns) -> None:
        """Keep both."""
        self._plan = plan
        self._columns = columns

    def scrub(self, block: bytes) -> bytes | None:
        """Return whole records scrubbed, None if they are not for this way."""
        ended = block.endswith(_LINE_END)
        masked, quoted = self._columns.quotes.mask(block if ended else block + _LINE_END)
        returns = _RETURN in masked
        # A return belongs to the line end, not to a last column that goes.
        if returns and self._width - 1 in self._columns.removed:
            return None
        fields = self._cut(masked, quoted)
        if fields is None:
            return None
        rows = len(fields) // self._width
        stay = self._stay(fields, returns=returns)
        if stay is not None:
            fields = [*chain.from_iterable(compress(self._records(fields), stay))]
            ended = ended or not stay[-1]
        self._count(self._rewrite(fields, returns=returns), rows, len(fields) // self._width)
        return self._join_what_stays(fields) + (_LINE_END if ended and fields else b"")

    def _count(self, done: list[_Column], rows: int, kept: int) -> None:
        for column in done:
            tally = self._plan.rules[column.rule].tally
            tally.matched += kept
            tally.changed += column.changed
            tally.nulled += column.nulled
        for rule in self._columns.absent:
            self._plan.rules[rule].tally.absent += kept
        self._plan.rows += rows
        self._plan.dropped += rows - kept

    def _stay(self, fields: list[bytes], *, returns: bool) -> list[bool] | None:
        """Return for each record whether it stays, None if all do."""
        test = self._plan.row_test
        if test is None:
            return None
        stay = [True] * (len(fields) // self._width)
        for column in self._columns.tested:
            values = fields[column :: self._width]
            if returns and column == self._width - 1:
                values = [value.removesuffix(_RETURN) for value in values]
            # The tested values are few and come again and again.
            going = {value for value in set(values) if row_goes(test, value)}
            stay = [kept and value not in going for kept, value in zip(stay, values, strict=True)]
        return None if all(stay) else stay

    @property
    def _width(self) -> int:
        assert self._columns.count is not None
        return self._columns.count

    def _cut(self, masked: bytes, quoted: list[bytes]) -> list[bytes] | None:
        """Return the fields of all records, without line ends (but returns are kept)."""
        if self._columns.quotes.find_open(masked) >= 0:
            return None
        if _RETURN in masked and masked.count(_RETURN) != masked.count(b"\r\n"):
            return None
        delimiter = self._columns.delimiter
        fields = masked.replace(_LINE_END, delimiter).split(delimiter)
        fields.pop()
        if len(fields) % self._width or self._join(fields) + _LINE_END != masked:
            return None
        return _put_back(fields, quoted) if MARK in masked else fields

    def _rewrite(self, fields: list[bytes], *, returns: bool) -> list[_Column]:
        done = []
        for column, rule in self._columns.written.items():
            values = fields[column :: self._width]
            if column in self._columns.removed:
                done.append(_Column(rule, values, changed=len(values)))
                continue
            ends: list[bytes] = []
            if returns and column == self._width - 1:
                bodies = [value.removesuffix(_RETURN) for value in values]
                ends = [value[len(body) :] for value, body in zip(values, bodies, strict=True)]
                values = bodies
            new = _ask(rule, values, self._plan.rules[rule].action, self._columns.spelling)
            done.append(new)
            rewritten = list(map(bytes.__add__, new.fields, ends)) if ends else new.fields
            fields[column :: self._width] = rewritten
        return done

    def _records(self, fields: list[bytes]) -> Iterator[tuple[bytes, ...]]:
        return zip(*[iter(fields)] * self._width, strict=True)

    def _join(self, fields: list[bytes]) -> bytes:
        """Return the records with line ends between them."""
        return _LINE_END.join(map(self._columns.delimiter.join, self._records(fields)))

    def _join_what_stays(self, fields: list[bytes]) -> bytes:
        """Return the records without the columns that are taken out."""
        removed = self._columns.removed
        if not removed:
            return self._join(fields)
        kept = [fields[n :: self._width] for n in range(self._width) if n not in removed]
        return _LINE_END.join(map(self._columns.delimiter.join, zip(*kept, strict=True)))


def _put_back(fields: list[bytes], quoted: list[bytes]) -> list[bytes] | None:
    """Return the fields with the quoted ones in the place of their marks."""
    marked = iter(quoted)
    found = [_unmark(field, next(marked, None)) if MARK in field else field for field in fields]
    whole = [field for field in found if field is not None]
    return whole if len(whole) == len(fields) else None


def _unmark(field: bytes, quoted: bytes | None) -> bytes | None:
    """Return the quoted field, with the line end behind its mark; None if more is there."""
    if quoted is None or field.rstrip(b"\r\n") != MARK:
        return None
    return quoted + field[1:]


def _ask(rule: int, values: list[bytes], action: Action, spelling: Spelling) -> _Column:
    if (action.nulls or action.constant == "") and b'""' not in values:
        return _Column(rule, [b""] * len(values), changed=len(values) - values.count(b""))
    answers = spelling.rewrite_many(action, values)
    new = [b"" if answer is None else answer for answer in answers]
    changed = len(values) - sum(map(eq, new, values))
    return _Column(rule, new, changed, nulled=answers.count(None))
