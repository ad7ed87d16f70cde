r"""The hot loop: a block of rows at once, with all heavy work in C.

Strategy. msgspec checks a block and decodes nothing of it but the members that rules select (as a
count of hits); then the literal names are searched in the bytes and the values behind them are
replaced. That is right if the name's occurrences are exactly the hits. The proof:

1. Each hit is a member whose name is spelled in the bytes, and different hits are spelled at
   different places. Its spelling is literal (`"name"`) unless it is written with an escape, and a
   block with any escape that could stand for a letter of the name is not for us.
2. So the occurrences of `"name"` in the bytes are the hits, and perhaps more: the same name
   elsewhere, a duplicate (msgspec counts the last only), a value that is the same text. If there
   are as many occurrences as hits, there are no more.
3. So each occurrence is the name of a selected member, and no selected member is left out.

Whatever does not fit (numbers disagree, rows that are no objects, blank lines, odd bytes, depth)
is answered with None and goes to the reference, which also names the fault if there is one. The
tests hold both against each other.
"""

import re
from collections.abc import Callable
from io import BytesIO
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from workflow.scrub.jsontext.hot_rules import ElementsRule, HotRule, ValueRule
from workflow.scrub.jsontext.layout import Boundary, are_short, is_deep, is_one_row_a_line
from workflow.scrub.jsontext.names import Name, Spelling, escapes_of
from workflow.scrub.jsontext.row_filter import RowFilter
from workflow.scrub.jsontext.shapes import row_type, selects_elements
from workflow.scrub.plan import BoundRule, Node, Plan
from workflow.scrub.row_test import RowTest
from workflow.scrub.selector import EACH, Selector

if TYPE_CHECKING:
    from workflow.scrub.jsontext.replace import Replaced

_PLAIN: Final = re.compile(r"[A-Za-z0-9_ .:@$-]+")


class HotLoop:
    """Scrubs blocks of rows that hold no surprise.

    Args:
        plan: The rules, of which `for_plan` has found that they suit.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare the decoders."""
        self._plan = plan
        self._rules = [_hot_rule(rule, plan) for rule in plan.rules]
        row = row_type(plan.tree)
        self._decode_lines: Callable[[bytes], list[Any]]
        self._decode_lines = msgspec.json.Decoder(row).decode_lines
        self._decode_array: Callable[[bytes], list[Any]]
        self._decode_array = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]
        self._filter = _row_filter(plan.row_test)
        names = [rule.name for rule in self._rules]
        names += [self._filter.name] if self._filter else []
        self._escapes = escapes_of(name.key for name in names)

    @classmethod
    def for_plan(cls, plan: Plan) -> Self | None:
        """Return the loop, None if the plan has something that it does not do."""
        selectors = [rule.selector for rule in plan.rules]
        if plan.row_test is not None:
            selectors.append(plan.row_test.rule.selector)
        if plan.trace is not None or plan.options.ignore_case or not selectors:
            return None
        keys = {Name(selector).key for selector in selectors if _suits(selector, plan.tree)}
        # What a row rule tests is one value a row.
        tests_one = plan.row_test is None or EACH not in selectors[-1].steps
        return cls(plan) if len(keys) == len(selectors) and tests_one else None

    def scrub_lines(self, block: bytes) -> bytes | None:
        """Return a block of whole lines scrubbed, None if it is not for this loop."""
        rows = _decode(self._decode_lines, block)
        if not rows:
            return None
        spelling = Spelling(self._escapes, block)
        if self._filter is None:
            return self._scrub(block, rows, spelling, is_one_row_a_line)
        return self._scrub_those_that_stay(self._filter, block, rows, spelling)

    def scrub_elements(self, batch: bytes) -> bytes | None:
        """Return whole elements, each with a comma, scrubbed; None if they are not for this loop.

        Of many elements none nests deep: the pattern that found them knows a few levels only. One
        that it does not know comes alone.
        """
        if self._filter is not None:
            return None
        end = batch.rfind(b",")
        array = b"".join((b"[", memoryview(batch)[:end], b"]"))
        rows = _decode(self._decode_array, array)
        if not rows or (len(rows) == 1 and is_deep(batch)):
            return None
        return self._scrub(batch, rows, Spelling(self._escapes, batch), _is_known)

    def scrub_start(self, start: bytes, boundary: Boundary) -> bytes | None:
        """Return the start of an array, up to a comma, scrubbed; None if it is not for this loop.

        Wherever an array is cut: if what stands before the comma is a number of rows with the
        boundary between them, these are its first elements, since nothing that follows changes how
        it is read.
        """
        if self._filter is not None:
            return None
        parts = boundary.split(start[:-1])
        rows = _decode(self._decode_lines, boundary.as_lines(parts))
        if not rows or len(rows) != len(parts):
            return None
        suits = _is_known if are_short(parts) else boundary.parts_shallow_rows
        return self._scrub(start, rows, Spelling(self._escapes, start), suits)

    def scrub_document(self, _text: bytes) -> bytes | None:
        """Leave one text alone: it is no many rows."""
        return None

    def _scrub_those_that_stay(
        self, row_filter: RowFilter, block: bytes, rows: list[Any], spelling: Spelling
    ) -> bytes | None:
        stay = row_filter.stay(block, rows) if spelling.are_plain else None
        if stay is None or not is_one_row_a_line(block, len(rows)):
            return None
        left = b"".join(compress(BytesIO(block).readlines(), stay))
        new = self._scrub(left, [*compress(rows, stay)], spelling, _is_known)
        if new is not None:
            self._plan.rows += stay.count(False)
            self._plan.dropped += stay.count(False)
        return new

    def _scrub(
        self, block: bytes, rows: list[Any], spelling: Spelling, suits: Callable[[bytes, int], bool]
    ) -> bytes | None:
        before = block
        done: list[tuple[BoundRule, Replaced]] = []
        for rule in self._rules:
            replaced = rule.scrub(block, rows, spelling)
            if replaced is None or (replaced.absent and rule.bound.rule.missing == "reject"):
                return None
            block = replaced.block
            done.append((rule.bound, replaced))
        # Texts hold no line ends and nest nothing, so what is left of them tells as much, quicker.
        left = before if spelling.are_known else block
        if spelling.may_be_escaped_in(block) or not suits(left, len(rows)):
            return None
        for bound, replaced in done:
            replaced.add_to(bound.tally)
        self._plan.rows += len(rows)
        return block


def _is_known(_block: bytes, _rows: int) -> bool:
    """Stand in for a layout that has been looked at."""
    return True


def _decode(decode: Callable[[bytes], list[Any]], block: bytes) -> list[Any] | None:
    try:
        if not block.isascii():
            block.decode()
        return decode(block)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError):
        return None


def _suits(selector: Selector, tree: Node) -> bool:
    """Tell whether a selector has plain names, and one value a name or whole arrays to look at."""
    steps = selector.steps
    if steps[0] is EACH or not all(step is EACH or _PLAIN.fullmatch(step) for step in steps):
        return False
    if steps[-1] is not EACH:
        return True
    for step in steps[: steps.index(EACH)]:
        tree = tree.descend(step)
    return selects_elements(tree)


def _hot_rule(bound: BoundRule, plan: Plan) -> HotRule:
    return ElementsRule(bound, plan) if bound.selector.steps[-1] is EACH else ValueRule(bound)


def _row_filter(test: RowTest | None) -> RowFilter | None:
    if test is None:
        return None
    return RowFilter(test, test.rule.selector.steps, Name(test.rule.selector))
