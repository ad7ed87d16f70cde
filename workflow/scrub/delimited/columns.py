"""Which rule writes which column of a delimited file."""

from dataclasses import dataclass, field
from typing import Final

from workflow.errors import SchemaMismatch
from workflow.scrub.delimited.fields import Quotes, Spelling
from workflow.scrub.delimited.header import refuse_misread
from workflow.scrub.plan import ROW_TEST, Node, Plan

_LINE_END: Final = b"\n"


@dataclass(frozen=True)
class Columns:
    """The columns of a file, and what the rules do with them.

    Attributes:
        count: Fields of a record; None while no record has been read.
        delimiter: What is between fields.
        quotes: How quoted fields are found.
        spelling: How new values are spelled.
        written: The rule of each column that has one.
        removed: Columns that are taken out.
        tested: Columns that the row rule tests.
        absent: Rules that have no column.
    """

    count: int | None
    delimiter: bytes
    quotes: Quotes
    spelling: Spelling
    written: dict[int, int] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    tested: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()

    def join(self, fields: list[bytes]) -> bytes:
        """Return a record of the fields that stay."""
        if self.removed:
            fields = [f for column, f in enumerate(fields) if column not in self.removed]
            # An empty field that is left alone would be a blank line, which is no row.
            fields = [b'""'] if fields == [b""] else fields
        return self.delimiter.join(fields)


def lay_out(names: list[str], plan: Plan, *, delimiter: bytes, quotes: Quotes) -> Columns:
    """Return the columns of a file with these names.

    Raises:
        SchemaMismatch: A rule would take a column out, or a rule selects inside of one.
    """
    _refuse_what_does_not_fit(plan)
    written: dict[int, int] = {}
    tested: list[int] = []
    for column, name in enumerate(names):
        node = plan.tree.children.get(plan.fold(name), _NOWHERE)
        tested += [column] * (ROW_TEST in node.rules)
        for rule in node.rules:
            if rule != ROW_TEST:
                written[column] = rule
    absent = tuple(sorted(set(range(len(plan.rules))) - set(written.values())))
    missing = [plan.rules[rule].rule.field for rule in absent]
    if plan.row_test is not None and not tested:
        missing.append(plan.row_test.rule.field)
    refuse_misread(names, plan, missing)
    return Columns(
        count=len(names),
        delimiter=delimiter,
        quotes=quotes,
        spelling=Spelling(delimiter, empty=b'""' if len(names) == 1 else b""),
        written=written,
        removed=frozenset(c for c, rule in written.items() if plan.rules[rule].action.removes),
        tested=tuple(tested),
        absent=absent,
    )


_NOWHERE: Final = Node()


def _refuse_what_does_not_fit(plan: Plan) -> None:
    for bound in plan.rules:
        if len(bound.selector.steps) != 1 or bound.selector.steps[0] is None:
            raise SchemaMismatch(
                f"{bound.rule.field} selects inside a value; there are columns only"
            )
        if bound.action.removes and not plan.options.reshape:
            raise SchemaMismatch(f"{bound.rule.action} of {bound.rule.field} needs reshape: true")
