"""Parquet by column grafting: copy what no rule touches, encode anew what one does.

Strategy: the parts of the file (column chunks, bloom filters, page indexes) are taken in the order
in which they stand. A part of an untouched column is copied as bytes; only the offsets that tell
where it is move. A touched chunk is decoded, changed and encoded again, piece by piece, so that
the memory is that of one chunk at most and the work that of the touched columns. The footer comes
last, with all of its fields, known or not, but for those that this file's change makes false.

Until the first difference the output is a prefix of the input, byte for byte. If none comes, the
footer is copied too: a file with nothing to scrub, our own output among them, stays what it is.

Bytes between the parts belong to nobody. Zeros are padding. Other bytes are left out of every file
that a rule reaches: nothing could tell whether they hold a scrubbed value.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from workflow.errors import MalformedData
from workflow.scrub.parquet import compact, shape
from workflow.scrub.parquet.chunk_scrub import ChunkScrub
from workflow.scrub.parquet.column_writer import ColumnWriter
from workflow.scrub.parquet.fields import Chunk, Group, Meta
from workflow.scrub.parquet.footer import MAGIC, encode
from workflow.scrub.parquet.layout import Part, chunk_meta, items, move_file_offset
from workflow.scrub.parquet.offset_index import shifted
from workflow.scrub.parquet.rows import GroupRows
from workflow.scrub.parquet.tape import Tape
from workflow.scrub.parquet.traces import Traces
from workflow.scrub.parquet.watch import Watch
from workflow.scrub.parquet.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from workflow.scrub.formats.base import Sink
    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.column_writer import Encoded
    from workflow.scrub.parquet.compact import Struct
    from workflow.scrub.parquet.compression import Bytes
    from workflow.scrub.parquet.footer import Footer
    from workflow.scrub.parquet.layout import Item
    from workflow.scrub.parquet.schema import Node, Schema
    from workflow.scrub.plan import Plan

_Place = tuple[int, int]


def graft(source: BinaryIO, sink: Sink, plan: Plan, *, footer: Footer, schema: Schema) -> None:
    """Write the scrubbed file.

    Raises:
        PermanentError: The file is broken, or does not fit the rules.
    """
    parts = items(footer, schema, source)
    work = Work(plan, schema)
    rows = sum(group.needed(Group.ROWS, "number of rows") for group in footer.groups)
    work.refuse_absent(rows)
    tape = Tape(source, sink)
    if work.idle:
        plan.rows += rows
        tape.copy(0, footer.start + len(footer.raw))
    else:
        _Graft(tape, work, footer=footer, schema=schema, parts=parts).run()
    work.count_absent()


class _Graft:
    """One file under way."""

    def __init__(
        self, tape: Tape, work: Work, *, footer: Footer, schema: Schema, parts: list[Item]
    ) -> None:
        self.tape = tape
        self.work = work
        self.footer = footer
        self.schema = schema
        self.parts = parts
        self.chunks = [group.sequence(Group.COLUMNS, compact.STRUCT) for group in footer.groups]
        self.places = {(i.group, i.column): i for i in parts if i.part is Part.CHUNK}
        self.indexes = {(i.group, i.column): i for i in parts if i.part is Part.COLUMN_INDEX}
        # By chunk, once it is done: how far it moved; None if it was encoded anew or left out.
        self.done: dict[_Place, int | None] = {}
        self.offsets: dict[_Place, bytes] = {}
        self.emptied: set[int] = set()
        self.groups: dict[int, GroupRows] = {}
        # Chunks of each row group that are not done yet.
        self.left = Counter(group for group, _column in self.places)
        self.watch = Watch(work.plan)

    def run(self) -> None:
        """Go through the file once."""
        self.tape.copy(0, len(MAGIC))
        at, before, later = len(MAGIC), None, []
        for item in self.parts:
            self._gap(at, item.start, before)
            at, before = item.end, item
            if item.part is Part.CHUNK:
                self._chunk(item)
                self._leave(item)
            elif (item.group, item.column) in self.done:
                self._extra(item)
            else:
                # It stands before its chunk, and where that will be is not known yet.
                self.tape.differs = True
                later.append(item)
        self._gap(at, self.footer.start, before)
        for item in later:
            self._extra(item)
        self._finish()

    def _gap(self, start: int, end: int, before: Item | None) -> None:
        if start == end or self.tape.differs:
            return
        if self.tape.is_empty(start, end) or self._repeats_metadata(start, end, before):
            self.tape.copy(start, end)
        else:
            self.tape.differs = True
            self.work.count_traces()

    def _repeats_metadata(self, start: int, end: int, before: Item | None) -> bool:
        """Tell whether a gap is the copy of a chunk's metadata that old writers leave behind it."""
        if before is None or before.part is not Part.CHUNK or end - start > 1 << 20:
            return False
        data = self.tape.read(start, end)
        try:
            found, length = compact.decode(data)
        except MalformedData:
            return False
        known = chunk_meta(self.chunks[before.group][before.column])
        return found == known and not any(data[length:])

    def _chunk(self, item: Item) -> None:
        place = (item.group, item.column)
        rows = self._rows(item.group)
        chunk = self.chunks[item.group][item.column]
        emptied = rows.kept is not None and not rows.left
        if emptied:
            self.emptied.add(item.group)
        if emptied or item.column in self.work.gone:
            self.tape.differs = True
            self.done[place] = None
            return
        changed = None
        if item.column in self.work.edits or rows.kept is not None:
            changed = self._scrub(item, rows, chunk)
        if changed is None:
            self._copy_chunk(item, chunk)
        else:
            self._describe_chunk(item, chunk, changed)

    def _rows(self, group: int) -> GroupRows:
        if group not in self.groups:
            self.groups[group] = GroupRows(
                self.tape.source,
                self.work,
                rows=self.footer.groups[group].needed(Group.ROWS, "number of rows"),
                chunks=self.chunks[group],
                places=[self.places[group, at] for at in range(len(self.schema.leaves))],
            )
            self.footer.groups[group].set_number(Group.ROWS, self.groups[group].left)
            self._watch_drops(self.groups[group])
        return self.groups[group]

    def _leave(self, item: Item) -> None:
        """Forget a row group with its last chunk: they need not stand together."""
        self.left[item.group] -= 1
        if not self.left[item.group]:
            del self.groups[item.group]
            self.watch.show()

    def _watch_drops(self, rows: GroupRows) -> None:
        if self.work.plan.trace is None:
            return
        for drop in self.work.drops:
            pieces = rows.pieces(next(drop.node.leaves()))
            piece = next((piece for piece in pieces if piece.entries), None)
            if piece is not None:
                self.watch.look(drop, piece, None, rows.before)

    def _scrub(self, item: Item, rows: GroupRows, chunk: Struct) -> Encoded | None:
        """Write the chunk changed and describe it; None where it can stay as it is."""
        leaf, targets = self.schema.leaves[item.column], self.work.edits.get(item.column, [])
        traces = Traces(chunk_meta(chunk), partial(self._column_index, item))
        pieces = ChunkScrub(leaf, targets, self.work.plan, rows, self.watch).changed(traces)
        if pieces is None:
            if not traces.found:
                return None
            self.work.count_traces(targets)
            pieces = rows.pieces(leaf)
        # A page index may say more than there are values.
        del traces
        return self._write(chunk, leaf, pieces)

    def _write(self, chunk: Struct, leaf: Node, pieces: Iterable[Column]) -> Encoded:
        writer = ColumnWriter(leaf, chunk_meta(chunk), self.tape.write)
        for piece in pieces:
            held = [piece]
            # Nothing holds what is done with.
            del piece
            writer.add(held.pop())
        return writer.finish()

    def _column_index(self, item: Item) -> Struct | None:
        index = self.indexes.get((item.group, item.column))
        if index is None:
            return None
        return compact.decode(self.tape.read(index.start, index.end), base=index.start)[0]

    def _copy_chunk(self, item: Item, chunk: Struct) -> None:
        by = self.tape.at - item.start
        self.done[item.group, item.column] = by
        self.tape.copy(item.start, item.end)
        if not by:
            return
        meta = chunk_meta(chunk)
        for field in (Meta.DATA_PAGE, Meta.DICTIONARY_PAGE, Meta.INDEX_PAGE):
            offset = meta.number(field) or 0
            if offset > 0:
                meta.set_number(field, offset + by)
        move_file_offset(chunk, item, by)

    def _describe_chunk(self, item: Item, chunk: Struct, encoded: Encoded) -> None:
        start = self.tape.at - encoded.size
        self.done[item.group, item.column] = None
        meta = encoded.meta
        meta.set_number(Meta.DATA_PAGE, start + meta.needed(Meta.DATA_PAGE, "offset"))
        if Meta.DICTIONARY_PAGE in meta:
            meta.set_number(Meta.DICTIONARY_PAGE, start)
        chunk.set_struct(Chunk.META, meta)
        if chunk.number(Chunk.FILE_OFFSET):
            move_file_offset(chunk, item, start - item.start)
        chunk.drop(Chunk.COLUMN_INDEX, Chunk.COLUMN_INDEX_LENGTH)
        if Chunk.OFFSET_INDEX in chunk:
            self.offsets[item.group, item.column] = encoded.offset_index(start)

    def _extra(self, item: Item) -> None:
        """Copy a bloom filter or an index; leave it out where its chunk is no longer the old."""
        place = (item.group, item.column)
        by = self.done[place]
        chunk = self.chunks[item.group][item.column]
        if by is None:
            self.tape.differs = True
            if item.part is Part.OFFSET_INDEX and place in self.offsets:
                self._write_offsets(chunk, self.offsets.pop(place))
        elif item.part is Part.OFFSET_INDEX and by:
            data = self.tape.read(item.start, item.end)
            self._write_offsets(chunk, shifted(data, by, base=item.start))
        else:
            self._copy_extra(item, chunk)

    def _copy_extra(self, item: Item, chunk: Struct) -> None:
        start = self.tape.at
        self.tape.copy(item.start, item.end)
        if item.part is Part.BLOOM:
            chunk_meta(chunk).set_number(Meta.BLOOM, start)
        else:
            chunk.set_number(_OFFSET_FIELDS[item.part], start)

    def _write_offsets(self, chunk: Struct, data: Bytes) -> None:
        chunk.set_number(Chunk.OFFSET_INDEX, self.tape.at)
        chunk.set_number(Chunk.OFFSET_INDEX_LENGTH, len(data), kind=compact.I32)
        self.tape.write((data,))

    def _changed_leaves(self) -> list[Node]:
        """Return the leaves whose values may be others now: all of them, if rows went."""
        if self.work.plan.dropped:
            return [*self.schema.leaves]
        return [leaf for leaf in self.schema.leaves if leaf.column in self.work.edits]

    def _finish(self) -> None:
        self.watch.show()
        footer = self.footer
        if not self.tape.differs:
            self.tape.copy(footer.start, footer.start + len(footer.raw))
            return
        work, groups = self.work, []
        for number, group in enumerate(footer.groups):
            shape.settle_group(group, self.chunks[number], touched=work.edits, gone=work.gone)
            if number not in self.emptied:
                groups.append(group)
        shape.settle_file(footer.metadata, groups)
        shape.forget_values(footer.metadata, self._changed_leaves())
        if work.dropped:
            shape.take_out(footer.metadata, work.dropped, work.gone)
        self.tape.write((encode(footer.metadata),))


_OFFSET_FIELDS = {Part.COLUMN_INDEX: Chunk.COLUMN_INDEX, Part.OFFSET_INDEX: Chunk.OFFSET_INDEX}
