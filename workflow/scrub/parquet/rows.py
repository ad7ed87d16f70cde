"""One row group at work: which of its rows stay, and its decoded columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from workflow.errors import MalformedData
from workflow.scrub.parquet import edits
from workflow.scrub.parquet.apply import Instances
from workflow.scrub.parquet.chunk_reader import ChunkReader
from workflow.scrub.parquet.keyed import Keyed
from workflow.scrub.parquet.layout import chunk_meta
from workflow.scrub.parquet.meeting import Meeting
from workflow.scrub.parquet.memory import let_go
from workflow.scrub.parquet.work import column

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        before: The number of rows that stayed before them.
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
        # As they were: a column that is read again, for its keys, may be written anew by then.
        self._metas = [chunk_meta(chunk) for chunk in chunks]
        self._places = places
        self._rows = rows
        self.kept: pa.Array | None = None
        goes = self._test()
        self.kept = None if goes is None or not goes.true_count else pc.invert(goes)
        # What was decoded for the test is done with.
        del goes
        let_go(rows)
        self.left = rows if self.kept is None else self.kept.true_count
        self.before = work.plan.rows - work.plan.dropped
        work.plan.rows += rows
        work.plan.dropped += rows - self.left
        if self.left:
            self._count_drops()

    def pieces(self, leaf: Node) -> Iterator[Column]:
        """Decode the chunk of a leaf in pieces; rows that go are gone from them."""
        number, row = column(leaf), 0
        keyed = any(target.keys for target in self._work.edits.get(number, ()))
        reader = ChunkReader(self._source, leaf, self._metas[number], self._places[number], keyed)
        if self.kept is None:
            # Nothing here holds a piece that is already done with.
            yield from reader.pieces()
            return
        for piece in reader.pieces():
            before = int(piece.first_level > 0)
            kept = self._rows_of(self.kept, row - before, piece.rows + before)
            row += piece.rows
            yield edits.filter_rows(piece, kept)
        self._rows_of(self.kept, row, self._rows - row)

    def _rows_of(self, kept: pa.Array, first: int, count: int) -> pa.Array:
        if not 0 <= count <= self._rows - first:
            raise MalformedData("a column chunk has another number of rows than its row group")
        return kept.slice(first, count)

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
        leaf = next(target.node.leaves())
        asked = _Asked(Meeting(test, leaf), Keyed(target, self.pieces), edits.RowsWith())
        parts = [_meeting_in(piece, target, test, asked) for piece in self.pieces(leaf)]
        parts.append(asked.rows.finish())
        asked.keyed.finish()
        let_go(self._rows)
        met = pa.chunked_array(parts, type=pa.bool_()).combine_chunks()
        if len(met) != self._rows:
            raise MalformedData("a column chunk has another number of rows than its row group")
        return met

    def _count_drops(self) -> None:
        for drop in self._work.drops:
            tally = self._work.plan.rules[drop.rule].tally
            before = tally.matched
            if not drop.definition and not drop.repetition:
                tally.matched += self.left
            else:
                instances = Instances(drop, self._work.plan)
                for piece in self.pieces(next(drop.node.leaves())):
                    instances.count(piece, None)
                instances.finish()
            tally.changed += tally.matched - before


class _Asked(NamedTuple):
    """What the pieces of a chunk are asked in turn."""

    meeting: Meeting
    keyed: Keyed
    rows: edits.RowsWith


def _meeting_in(piece: Column, target: Target, test: RowTest, asked: _Asked) -> pa.Array:
    """Tell for each row that ends in a piece whether a selected value in it meets the test."""
    there = edits.instances(piece, target.definition, target.repetition)
    definition = edits.definition_levels(piece)
    met = pc.and_(
        pa.repeat(pa.scalar(test.on_null(null=True)), len(definition)),
        pc.less(definition, target.node.definition),
    )
    if target.node.column is not None:
        has = pc.equal(definition, target.node.definition)
        met = pc.replace_with_mask(met, has, asked.meeting.of(piece.values))
    met = pc.and_(met, there)
    chosen = asked.keyed.entries(piece)
    return asked.rows.of(piece, met if chosen is None else pc.and_(met, chosen))
