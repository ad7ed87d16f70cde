"""One row group at work: which of its rows stay, and its decoded columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import MalformedData
from workflow.scrub.parquet import edits, mapping
from workflow.scrub.parquet.apply import chosen_entries, count_instances
from workflow.scrub.parquet.column import read_column
from workflow.scrub.parquet.layout import chunk_meta
from workflow.scrub.parquet.work import column

if TYPE_CHECKING:
    from typing import BinaryIO

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.layout import Item
    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.parquet.targets import Target
    from workflow.scrub.parquet.work import Work
    from workflow.scrub.row_test import RowTest


class GroupRows:
    """The rows of a row group.

    Args:
        source: The input.
        work: What is to be done.
        rows: The number of rows, as the footer says.
        chunks: The row group's column chunks.
        places: Where each of them stands.

    Attributes:
        kept: For each row whether it stays; None if all do.
        left: The number of rows that stay.
    """

    def __init__(
        self,
        source: BinaryIO,
        work: Work,
        *,
        rows: int,
        chunks: list[Struct],
        places: list[Item],
    ) -> None:
        """Test the rows, and count them."""
        self._source = source
        self._work = work
        self._chunks = chunks
        self._places = places
        self._rows = rows
        self.kept: pa.Array | None = None
        goes = self._test()
        self.kept = None if goes is None or not goes.true_count else pc.invert(goes)
        self.left = rows if self.kept is None else self.kept.true_count
        work.plan.rows += rows
        work.plan.dropped += rows - self.left
        if self.left:
            self._count_drops()

    def column(self, leaf: Node) -> Column:
        """Decode the chunk of a leaf; rows that go are gone from it."""
        number = column(leaf)
        place = self._places[number]
        self._source.seek(place.start)
        meta = chunk_meta(self._chunks[number])
        found = read_column(
            self._source.read, leaf, meta, start=place.start, size=place.end - place.start
        )
        if self.kept is None:
            return found
        if not leaf.repetition and found.entries != self._rows:
            raise MalformedData("a column chunk has another number of rows than its row group")
        return edits.filter_rows(found, self.kept)

    def _test(self) -> pa.Array | None:
        test, goes = self._work.plan.row_test, None
        if test is None or not self._rows:
            return None
        for target in self._work.tests:
            met = self._meeting(target, test)
            goes = met if goes is None else pc.or_(goes, met)
        return goes

    def _meeting(self, target: Target, test: RowTest) -> pa.Array:
        """Tell for each row whether a selected value in it meets the test."""
        found = self.column(next(target.node.leaves()))
        numbers = edits.row_numbers(found)
        there = edits.instances(found, target.definition, target.repetition)
        definition = edits.definition_levels(found)
        met = pc.and_(
            pa.repeat(pa.scalar(test.on_null(null=True)), len(definition)),
            pc.less(definition, target.node.definition),
        )
        if target.node.column is not None:
            has = pc.equal(definition, target.node.definition)
            met = pc.replace_with_mask(met, has, mapping.rows_meet(test, target.node, found.values))
        met = pc.and_(met, there)
        chosen = chosen_entries(target, found, self)
        rows = numbers.unique()
        if len(rows) != self._rows:
            raise MalformedData("a column chunk has another number of rows than its row group")
        hit = numbers.filter(met if chosen is None else pc.and_(met, chosen))
        return pc.is_in(rows, value_set=hit.unique())

    def _count_drops(self) -> None:
        for drop in self._work.drops:
            tally = self._work.plan.rules[drop.rule].tally
            before = tally.matched
            if not drop.definition and not drop.repetition:
                tally.matched += self.left
            else:
                leaf = next(drop.node.leaves())
                count_instances(drop, self.column(leaf), self._work.plan, None)
            tally.changed += tally.matched - before
