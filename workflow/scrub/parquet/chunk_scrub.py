"""All rules on one column chunk, piece by piece."""

from __future__ import annotations

from dataclasses import astuple, replace
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from workflow.scrub.parquet.apply import ColumnScrub
from workflow.scrub.parquet.memory import let_go_of_all
from workflow.scrub.parquet.watch import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workflow.scrub.parquet.column import Column
    from workflow.scrub.parquet.rows import GroupRows
    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.parquet.targets import Target
    from workflow.scrub.parquet.traces import Traces
    from workflow.scrub.parquet.watch import Watch
    from workflow.scrub.plan import Plan


class Scrubbed(NamedTuple):
    """A piece of a chunk, before and after the rules."""

    old: Column
    new: Column
    changed: bool


class ChunkScrub:
    """The rules on a column chunk.

    Args:
        leaf: The chunk's leaf.
        targets: What the rules select in it.
        plan: The rules.
        rows: The chunk's row group.
        watch: Who watches.
    """

    def __init__(
        self, leaf: Node, targets: Sequence[Target], plan: Plan, rows: GroupRows, watch: Watch
    ) -> None:
        """Note what was counted before the chunk."""
        self._leaf = leaf
        self._targets = targets
        self._plan = plan
        self._rows = rows
        self._watch = watch
        self._seen = watch.count
        self._looked = 0
        self._tallies = [replace(plan.rules[target.rule].tally) for target in targets]

    def changed(self, traces: Traces) -> Iterator[Column] | None:
        """Return the chunk as the rules leave it; None if they leave it as it is.

        Args:
            traces: Looks at the pieces that are left as they are.

        Raises:
            PermanentError: The chunk cannot be decoded, or does not fit a rule.
        """
        pieces, seen = self.pieces(), 0
        for first in pieces:
            if first.changed:
                break
            traces.look(first.old)
            seen += 1
        else:
            return None
        # What was left alone up to here is to be written too: from the start, then.
        held = [] if seen else [first]
        rest = self.pieces() if seen else pieces
        # Nothing holds what is done with.
        del first, pieces
        return map(attrgetter("new"), _with_held(held, rest))

    def pieces(self) -> Iterator[Scrubbed]:
        """Yield the chunk as the rules leave it; called again, it starts and counts again.

        Raises:
            PermanentError: The chunk cannot be decoded, or does not fit a rule.
        """
        self._forget()
        if self._looked:
            # What was decoded the first time.
            let_go_of_all()
        scrubs = [
            ColumnScrub(target, self._leaf, self._plan, self._rows.pieces)
            for target in self._targets
        ]
        row, self._looked = self._rows.before, 0
        for piece in self._rows.pieces(self._leaf):
            # Nothing holds what is done with while the next piece is decoded.
            held, rows = [piece], piece.rows if self._plan.trace else 0
            del piece
            yield self._scrub(held.pop(), scrubs, row)
            row += rows
        for scrub in scrubs:
            scrub.finish()

    def _scrub(self, piece: Column, scrubs: list[ColumnScrub], row: int) -> Scrubbed:
        now, changes = piece, self._rows.kept is not None
        for scrub in scrubs:
            new, changed = scrub.scrub(now)
            if self._looked < ROWS:
                self._watch.look(scrub.target, now, new if changed else None, row)
            now, changes = new, changes or changed
        self._looked += piece.entries
        return Scrubbed(piece, now, changes)

    def _forget(self) -> None:
        self._watch.forget(self._seen)
        for target, before in zip(self._targets, self._tallies, strict=True):
            tally = self._plan.rules[target.rule].tally
            tally.matched, tally.changed, tally.nulled, tally.absent = astuple(before)


def _with_held(held: list[Scrubbed], rest: Iterator[Scrubbed]) -> Iterator[Scrubbed]:
    while held:
        yield held.pop()
    yield from rest
