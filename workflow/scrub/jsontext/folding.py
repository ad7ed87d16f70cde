"""The hot loop for policies that ignore case: most writers spell a name in one way only.

So the first row of a block tells how the names are spelled, and the block is scrubbed for these
spellings. That is right if no name stands in any other case: then there are as many in the block in
small letters. The few letters outside ASCII that are small letters of ASCII in another case (the
Kelvin sign) make a block one for the reference, as is every escape that could stand for a letter.
"""

from collections.abc import Callable
from typing import Self

from workflow.scrub.jsontext.elements import find_end, skip_space
from workflow.scrub.jsontext.hot import HotLoop
from workflow.scrub.jsontext.layout import Boundary
from workflow.scrub.jsontext.names import Name, escapes_of
from workflow.scrub.jsontext.strict import Fault, check_json
from workflow.scrub.jsontext.walk import Walker
from workflow.scrub.plan import Plan, spell
from workflow.scrub.selector import EACH, Selector

_KELVIN = "\u212a".encode()
_KELVIN_ESCAPE = b"\\u212"


class FoldingLoop:
    """Scrubs blocks of rows that hold no surprise, whatever the case of their names.

    Args:
        plan: The rules, of which `for_plan` has found that they suit.
    """

    def __init__(self, plan: Plan) -> None:
        """Start with the names as the policy spells them."""
        self._plan = plan
        self._walker = Walker(plan)
        self._names = [Name(rule.selector) for rule in plan.rules]
        keys = [name.key for name in self._names]
        self._escapes = escapes_of([*keys, *map(bytes.upper, keys)])
        self._use(spell(plan, [rule.selector for rule in plan.rules]))

    @classmethod
    def for_plan(cls, plan: Plan) -> Self | None:
        """Return the loop, None if the plan has something that it does not do."""
        if plan.trace is not None or plan.row_test is not None or not plan.rules:
            return None
        exact = spell(plan, [rule.selector for rule in plan.rules])
        return None if HotLoop.for_plan(exact) is None else cls(plan)

    def _use(self, exact: Plan) -> bool:
        """Look for names in exactly this case from now on; tell whether that can be done."""
        loop = HotLoop.for_plan(exact)
        if loop is not None:
            self._exact, self._loop = exact, loop
            self._spelled = [Name(rule.selector) for rule in exact.rules]
        return loop is not None

    def scrub_lines(self, block: bytes) -> bytes | None:
        """Return a block of whole lines scrubbed, None if it is not for this loop."""
        return self._scrub(block, block[: block.find(b"\n")], lambda loop: loop.scrub_lines(block))

    def scrub_elements(self, batch: bytes) -> bytes | None:
        """Return whole elements, each with a comma, scrubbed; None if not for this loop."""
        return self._scrub(batch, _first(batch), lambda loop: loop.scrub_elements(batch))

    def scrub_start(self, start: bytes, boundary: Boundary) -> bytes | None:
        """Return the start of an array, up to a comma, scrubbed; None if not for this loop."""
        return self._scrub(start, _first(start), lambda loop: loop.scrub_start(start, boundary))

    def scrub_document(self, _text: bytes) -> bytes | None:
        """Leave one text alone: it is no many rows."""
        return None

    def _scrub(
        self, block: bytes, first: bytes, scrub: Callable[[HotLoop], bytes | None]
    ) -> bytes | None:
        if self._may_hide_a_name(block):
            return None
        new = self._scrub_as_spelled(block, scrub)
        if new is None and self._learn(first):
            return self._scrub_as_spelled(block, scrub)
        return new

    def _may_hide_a_name(self, block: bytes) -> bool:
        if not block.isascii() and _KELVIN in block:
            return True
        if b"\\" not in block:
            return False
        return _KELVIN_ESCAPE in block or self._escapes.search(block) is not None

    def _scrub_as_spelled(
        self, block: bytes, scrub: Callable[[HotLoop], bytes | None]
    ) -> bytes | None:
        small = block.lower()
        for name, spelled in zip(self._names, self._spelled, strict=True):
            if name.count(small) != spelled.count(block):
                return None
        before = self._exact.rows
        new = scrub(self._loop)
        if new is not None:
            self._plan.rows += self._exact.rows - before
        return new

    def _learn(self, row: bytes) -> bool:
        """Take over how a row spells the names; tell whether that is anything new."""
        try:
            check_json(row)
        except Fault:
            return False
        before = [rule.selector for rule in self._exact.rules]
        selectors = list(before)
        for hit in self._walker.walk(row).hits:
            steps = [EACH if isinstance(step, int) else step for step in hit.path]
            selectors[hit.rule] = Selector(tuple(steps))
        return selectors != before and self._use(spell(self._plan, selectors))


def _first(elements: bytes) -> bytes:
    """Return the first element of an array, nothing if it does not end."""
    start = skip_space(elements, 0)
    return elements[start : find_end(elements, start) or start]
