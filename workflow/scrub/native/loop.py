"""The hot loop in C: the same answers as `jsontext/hot.py`, for every plan and nearly every row.

The native core tells exactly where the selected values are. What an action makes of them is asked
here, for many at once. What the core is not sure of (bytes that are no JSON, above all) is answered
with None and goes to the reference, which also names the fault.
"""

import ctypes as c
from array import array
from typing import Final, Self

from workflow.scrub.jsontext.layout import Boundary
from workflow.scrub.jsontext.values import EMPTY, NULL, rewrite, rewrite_texts, row_goes, write_text
from workflow.scrub.native.library import Layout, RuleTally, load
from workflow.scrub.native.scanner import New, Scanner
from workflow.scrub.native.tree import NativeTree, can_be_native
from workflow.scrub.plan import ROW_TEST, BoundRule, Node, Plan
from workflow.scrub.row_test import RowTest

_ONLY: Final = 0
_SIZE: Final = "I"


class NativeLoop:
    """Scrubs blocks of rows.

    Args:
        plan: The rules, of which `for_plan` has found that they suit.
        library: The native core.
    """

    def __init__(self, plan: Plan, library: c.CDLL) -> None:
        """Give the core the selectors."""
        self._plan = plan
        folds = plan.options.ignore_case
        removes = {number for number, rule in enumerate(plan.rules) if rule.action.removes}
        tree = NativeTree(_rules_only(plan.tree), removes=removes, folds=folds)
        self._scanner = Scanner(library, tree, len(plan.rules))
        self._tester: Scanner | None = None
        if plan.row_test is not None:
            test = NativeTree(_test_only(plan.tree), removes=(), folds=folds)
            self._tester = Scanner(library, test, 1)

    @classmethod
    def for_plan(cls, plan: Plan) -> Self | None:
        """Return the loop, None if the core was not built or does not know enough for the plan."""
        suits = plan.native and plan.trace is None
        library = load() if suits else None
        if library is None or not can_be_native(plan.tree, folds=plan.options.ignore_case):
            return None
        return cls(plan, library)

    def scrub_lines(self, block: bytes) -> bytes | None:
        """Return a block of whole lines scrubbed, None if it is not for this loop."""
        if self._tester is None or self._plan.row_test is None:
            return self._scrub(block, Layout.LINES)
        if not self._tester.scan(block, Layout.LINES):
            return None
        goes = _rows_that_go(self._tester, self._plan.row_test)
        return self._scrub(block, Layout.LINES, goes)

    def scrub_elements(self, batch: bytes) -> bytes | None:
        """Return whole elements, each with a comma, scrubbed; None if not for this loop."""
        return self._scrub(batch, Layout.ELEMENTS)

    def scrub_start(self, start: bytes, _boundary: Boundary) -> bytes | None:
        """Return the start of an array, up to a comma, scrubbed; None if not for this loop."""
        return self._scrub(start, Layout.ELEMENTS)

    def scrub_document(self, text: bytes) -> bytes | None:
        """Return one text, which is one row, scrubbed; None if it is not for this loop."""
        return self._scrub(text, Layout.DOCUMENT)

    def _scrub(self, data: bytes, layout: Layout, goes: bytes | None = None) -> bytes | None:
        scanner, plan = self._scanner, self._plan
        if not scanner.scan(data, layout, goes):
            return None
        dropped = 0 if goes is None else goes.count(b"\1")
        kept = scanner.rows - dropped
        absent = [kept - tally.rows for tally in scanner.tallies]
        rules = list(zip(plan.rules, scanner.tallies, absent, strict=True))
        if any(rows and bound.rule.missing == "reject" for bound, _, rows in rules):
            return None
        new = self._edit(data)
        for bound, _, rows in rules:
            bound.tally.absent += rows
        plan.rows += scanner.rows
        plan.dropped += dropped
        return new

    def _edit(self, data: bytes) -> bytes:
        """Return the bytes with what the actions make of the values, and count that."""
        scanner, rules = self._scanner, self._plan.rules
        if not scanner.edits:
            _count(rules, scanner.tallies, [0] * len(rules))
            return data
        news = [self._new(number, bound) for number, bound in enumerate(rules)]
        scrubbed, changed = scanner.assemble(news)
        _count(rules, scanner.tallies, changed)
        return scrubbed

    def _new(self, number: int, bound: BoundRule) -> New:
        """Return what takes the place of the values of a rule."""
        tally = self._scanner.tallies[number]
        constant = None if bound.action.removes else _constant(bound, tally)
        if bound.action.removes or not tally.matched:
            return New(b"")
        if constant is not None:
            return New(constant)
        tokens = self._scanner.tokens(number)
        answers = rewrite_texts(bound.action, tokens) if tally.texts == tally.matched else None
        found: list[bytes | None] = [
            *(answers or (rewrite(bound.action, token) for token in tokens))
        ]
        bound.tally.nulled += found.count(None)
        news = [NULL if new is None else new for new in found]
        return New(b"".join(news), array(_SIZE, map(len, news)))


def _constant(bound: BoundRule, tally: RuleTally) -> bytes | None:
    """Return what all values become, None if that differs.

    A text that is the constant already stays as it is spelled. So each is asked for where one could
    be spelled otherwise, which takes an escape, here or there.
    """
    action = bound.action
    if action.nulls:
        return NULL
    if action.constant is None or tally.texts != tally.matched:
        return None
    if not action.constant:
        return EMPTY
    token = write_text(action.constant, ascii_only=True)
    return None if tally.escaped or b"\\" in token else token


def _count(rules: tuple[BoundRule, ...], tallies: c.Array[RuleTally], changed: list[int]) -> None:
    for bound, tally, values in zip(rules, tallies, changed, strict=True):
        bound.tally.matched += tally.matched
        bound.tally.changed += tally.matched if bound.action.removes else values


def _rows_that_go(tester: Scanner, test: RowTest) -> bytes:
    """Return one byte a row, 1 where a tested value says that it goes."""
    tokens = tester.tokens(_ONLY)
    # The tested values are few and come again and again.
    going = {token for token in set(tokens) if row_goes(test, token)}
    goes = bytearray(tester.rows)
    if going:
        for row, token in zip(tester.rows_of_edits(), tokens, strict=True):
            goes[row] |= token in going
    return bytes(goes)


def _rules_only(node: Node) -> Node:
    """Return the tree without the row rule, which is asked on its own."""
    children = {name: _rules_only(child) for name, child in node.children.items()}
    each = None if node.each is None else _rules_only(node.each)
    return Node(children, each, [rule for rule in node.rules if rule != ROW_TEST])


def _test_only(node: Node) -> Node:
    """Return the tree of the row rule alone, as its only rule."""
    children = {name: _test_only(child) for name, child in node.children.items()}
    each = None if node.each is None else _test_only(node.each)
    return Node(children, each, [_ONLY] if ROW_TEST in node.rules else [])
