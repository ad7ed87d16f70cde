"""The hot loop in C: the same answers as `jsontext/hot.py`, for every plan and nearly every row.

The native core tells exactly where the selected values are. What an action makes of them is asked
here, for many at once. What the core is not sure of (bytes that are no JSON, above all) is answered
with None and goes to the reference, which also names the fault.
"""

import ctypes as c
from typing import Final, Self

from workflow.scrub.jsontext.layout import Boundary
from workflow.scrub.jsontext.values import EMPTY, NULL, rewrite_many, row_goes, write_text
from workflow.scrub.native.library import Found, Layout, RuleTally, load
from workflow.scrub.native.scanner import New, Scanner
from workflow.scrub.native.tree import NativeTree, can_be_native
from workflow.scrub.plan import ROW_TEST, BoundRule, Node, Plan
from workflow.scrub.row_test import RowTest

_ONLY: Final = 0


class Rows:
    """Reads rows with a tree of selectors.

    Args:
        library: The native core.
        tree: What is selected.
        rules: How many rules there are.
    """

    def __init__(self, library: c.CDLL, tree: NativeTree, rules: int) -> None:
        """Find nothing yet."""
        self._library = library
        self._tree = tree
        self.scanner = Scanner(library, rules)

    def read(self, data: bytes, layout: Layout, goes: bytes | None = None) -> bool:
        """Read all rows; tell whether that was possible. The arguments are those of the scanner."""

        def scan(data: bytes, found: Found) -> int:
            return int(
                self._library.lakescrub_scan(data, len(data), layout, self._tree.tree, found)
            )

        return self.scanner.scan(data, scan, goes)


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
        self._rows = Rows(library, tree, len(plan.rules))
        test = NativeTree(_test_only(plan.tree), removes=(), folds=folds)
        self._tested = Rows(library, test, 1)

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
        return self._scrub(block, Layout.LINES)

    def scrub_elements(self, batch: bytes) -> bytes | None:
        """Return whole elements, each with a comma, scrubbed; None if not for this loop.

        One that goes takes its comma with it, and leaves the white space before it.
        """
        return self._scrub(batch, Layout.ELEMENTS)

    def scrub_start(self, start: bytes, _boundary: Boundary) -> bytes | None:
        """Return the start of an array, up to a comma, scrubbed; None if not for this loop."""
        return self._scrub(start, Layout.ELEMENTS)

    def scrub_document(self, text: bytes) -> bytes | None:
        """Return one text, which is one row, scrubbed; None if it is not for this loop."""
        return self._scrub(text, Layout.DOCUMENT)

    def _scrub(self, data: bytes, layout: Layout) -> bytes | None:
        plan, scanner = self._plan, self._rows.scanner
        goes = None
        if plan.row_test is not None:
            if not self._tested.read(data, layout):
                return None
            goes = _rows_that_go(self._tested.scanner, plan.row_test)
        if not self._rows.read(data, layout, goes):
            return None
        dropped = 0 if goes is None else goes.count(b"\1")
        kept = scanner.rows - dropped
        absent = [kept - tally.rows for tally in scanner.tallies]
        counted = list(zip(plan.rules, absent, strict=True))
        if any(rows and bound.rule.missing == "reject" for bound, rows in counted):
            return None
        for bound, rows in counted:
            bound.tally.absent += rows
        plan.rows += scanner.rows
        plan.dropped += dropped
        return scanner.put(plan.rules, self._new)

    def _new(self, number: int, bound: BoundRule) -> New:
        """Return what takes the place of the values of a rule."""
        tally = self._rows.scanner.tallies[number]
        constant = _constant(bound, tally)
        if constant is not None:
            return New(constant)
        tokens = self._rows.scanner.tokens(number)
        answers = rewrite_many(bound.action, tokens)
        bound.tally.nulled += answers.count(None)
        return New.of_each([NULL if answer is None else answer for answer in answers])


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


def _rows_that_go(tested: Scanner, test: RowTest) -> bytes:
    return tested.rows_that_go(lambda token: row_goes(test, token))


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
