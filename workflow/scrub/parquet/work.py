"""What the rules ask of a file: columns to change, columns to drop, rows to test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.scrub.parquet.targets import dropped_node, emptied_list, resolve
from workflow.scrub.plan import ROW_TEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow.scrub.parquet.schema import Node, Schema
    from workflow.scrub.parquet.targets import Target
    from workflow.scrub.plan import Plan


class Work:
    """The targets of a plan in one schema, sorted by what is to be done.

    Args:
        plan: The rules.
        schema: The file's schema.

    Attributes:
        edits: The targets that change a column, by the number of the column.
        drops: The targets that take columns out.
        dropped: The nodes that go with them.
        gone: The numbers of the columns that go.
        tests: The targets of the row rule.
    """

    def __init__(self, plan: Plan, schema: Schema) -> None:
        """Resolve the selectors and refuse drops that the schema cannot take."""
        self.plan = plan
        self.edits: dict[int, list[Target]] = {}
        self.drops: list[Target] = []
        self.tests: list[Target] = []
        self._met: set[int] = set()
        for target in resolve(plan, schema):
            self._sort(target)
        self.gone = {column(leaf) for drop in self.drops for leaf in drop.node.leaves()}
        self.dropped: list[Node] = [
            dropped_node(drop, self.gone, plan.rules[drop.rule].rule.field) for drop in self.drops
        ]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do in any file of this schema."""
        return not (self.edits or self.drops or self.tests)

    def refuse_absent(self, rows: int) -> None:
        """Refuse the file if a rule that selects nothing says so.

        Raises:
            SchemaMismatch: The rule says `missing: reject`.
        """
        for number, bound in enumerate(self.plan.rules):
            if number not in self._met and rows and bound.rule.missing == "reject":
                self.plan.absent(number)

    def count_absent(self) -> None:
        """Count the kept rows for each rule that selects nothing."""
        kept = self.plan.rows - self.plan.dropped
        for number, bound in enumerate(self.plan.rules):
            if number not in self._met:
                bound.tally.absent += kept

    def count_traces(self, targets: Sequence[Target] = ()) -> None:
        """Count a change that no value shows: the file told of a value that it does not hold."""
        known = [
            *targets,
            *self.drops,
            *(target for edit in self.edits.values() for target in edit),
        ]
        for target in known[:1]:
            self.plan.rules[target.rule].tally.changed += 1

    def _sort(self, target: Target) -> None:
        if target.rule == ROW_TEST:
            self.tests.append(target)
            return
        self._met.add(target.rule)
        removes = self.plan.rules[target.rule].action.removes
        emptied = emptied_list(target) if removes else None
        if removes and emptied is None:
            self.drops.append(target)
            return
        for leaf in (emptied or target).node.leaves():
            self.edits.setdefault(column(leaf), []).append(target)


def column(leaf: Node) -> int:
    """Return the number of a leaf's column."""
    assert leaf.column is not None
    return leaf.column
