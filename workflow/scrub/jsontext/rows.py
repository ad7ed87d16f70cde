"""One row of JSON after another: checked, walked, rewritten, counted.

This is the reference: exact for every row, at the speed of Python. The hot loop in `batches` must
give the same bytes and the same counts.
"""

from collections.abc import Iterable

from workflow.scrub.jsontext.strict import Fault, check_json
from workflow.scrub.jsontext.values import NULL, rewrite, row_goes
from workflow.scrub.jsontext.walk import Found, Hit, Walker
from workflow.scrub.plan import ROW_TEST, Plan, Trace
from workflow.scrub.selector import spell_path


class RowScrubber:
    """Scrubs rows by a plan and counts in it.

    Args:
        plan: The rules.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare the walk."""
        self._plan = plan
        self._walker = Walker(plan)
        self._every = frozenset(range(len(plan.rules)))

    def scrub(self, row: bytes, offset: int) -> bytes | None:
        """Return the scrubbed row, None if it goes.

        Args:
            row: One JSON text, with white space around it.
            offset: Where the row starts in the object.

        Raises:
            MalformedData: The row is not valid JSON.
            SchemaMismatch: A field is missing that a rule wants.
        """
        self._plan.rows += 1
        try:
            check_json(row)
        except Fault as fault:
            raise fault.located(self._plan.rows, offset) from None
        return self.scrub_valid(row)

    def scrub_valid(self, row: bytes) -> bytes | None:
        """Return a row that is known to be valid and counted, scrubbed; None if it goes."""
        found = self._walker.walk(row)
        if self._goes(row, found.hits):
            self._plan.dropped += 1
            return None
        seen = {hit.rule for hit in found.hits}
        if not seen.issuperset(self._every):
            for index in sorted(self._every - seen):
                self._plan.absent(index, row=self._plan.rows)
        return self._edit(row, found)

    def _goes(self, row: bytes, hits: Iterable[Hit]) -> bool:
        test = self._plan.row_test
        if test is None:
            return False
        return any(row_goes(test, row[hit.start : hit.end]) for hit in hits if hit.rule == ROW_TEST)

    def _edit(self, row: bytes, found: Found) -> bytes:
        edits = [(start, end, b"") for start, end in found.cuts]
        edits += [
            (hit.start, hit.end, new)
            for hit in found.hits
            if hit.rule != ROW_TEST and (new := self._apply(row, hit)) is not None
        ]
        return splice(row, edits)

    def _apply(self, row: bytes, hit: Hit) -> bytes | None:
        """Count the hit and return its new token, None if it stays or is cut out."""
        bound = self._plan.rules[hit.rule]
        tally = bound.tally
        tally.matched += 1
        if bound.action.removes:
            tally.changed += 1
            self._show(row, hit, None)
            return None
        token = row[hit.start : hit.end]
        new = rewrite(bound.action, token)
        if new is None:
            tally.nulled += 1
            new = NULL
        tally.changed += new != token
        self._show(row, hit, new)
        return new

    def _show(self, row: bytes, hit: Hit, after: bytes | None) -> None:
        if self._plan.trace is None:
            return
        self._plan.trace(
            Trace(
                row=self._plan.rows,
                rule=hit.rule,
                path=spell_path(hit.path),
                before=row[hit.start : hit.end].decode(),
                after=None if after is None else after.decode(),
            )
        )


def splice(row: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return the row with spans replaced; the spans do not overlap."""
    if not edits:
        return row
    pieces: list[bytes] = []
    position = 0
    for start, end, new in sorted(edits):
        pieces += (row[position:start], new)
        position = end
    pieces.append(row[position:])
    return b"".join(pieces)
