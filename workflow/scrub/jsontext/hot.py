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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import compress
from typing import Any, Final, Protocol, Self, cast

import msgspec

from workflow.scrub.jsontext.layout import Boundary, is_deep, is_one_row_a_line
from workflow.scrub.jsontext.names import Name
from workflow.scrub.jsontext.replace import (
    Replaced,
    drop_members,
    replace_texts,
    replace_values,
)
from workflow.scrub.jsontext.row_filter import RowFilter
from workflow.scrub.jsontext.shapes import count_rows, find_hits, row_type
from workflow.scrub.plan import BoundRule, Plan
from workflow.scrub.row_test import RowTest
from workflow.scrub.selector import EACH, Selector

_PLAIN: Final = re.compile(r"[A-Za-z0-9_ .:@$-]+")


@dataclass(frozen=True)
class _HotRule:
    """A rule as the hot loop needs it."""

    bound: BoundRule
    steps: tuple[str | None, ...]
    name: Name


class _Search(Protocol):
    """What we use of a compiled pattern."""

    def search(self, text: bytes) -> object | None:
        """Find the pattern anywhere in the bytes."""
        ...


class _Names:
    """How the names in a block are spelled.

    Texts can go before that is known, since they hold no names: then what is left tells it, which
    is quicker. Any other value could take a name away, so before one goes, the input is asked.

    Args:
        escapes: Finds what may be an escaped letter of a name.
        block: The block before anything is replaced.

    Attributes:
        are_known: Whether the input was asked.
    """

    def __init__(self, escapes: _Search, block: bytes) -> None:
        """Ask nothing yet."""
        self._escapes = escapes
        self._block = block
        self.are_known = False

    @cached_property
    def are_plain(self) -> bool:
        """Whether no name is written with an escape in the input."""
        self.are_known = True
        return not self._found(self._block)

    def may_be_escaped_in(self, rest: bytes) -> bool:
        """Tell whether one may be written with an escape, from what is left of the input."""
        return not self.are_known and self._found(rest)

    def _found(self, block: bytes) -> bool:
        return b"\\" in block and self._escapes.search(block) is not None


class HotLoop:
    """Scrubs blocks of rows that hold no surprise.

    Args:
        plan: The rules, of which `for_plan` has found that they suit.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare the decoders."""
        self._plan = plan
        self._rules = [
            _HotRule(rule, rule.selector.steps, Name(rule.selector)) for rule in plan.rules
        ]
        row = row_type(plan.tree)
        self._decode_lines: Callable[[bytes], list[Any]]
        self._decode_lines = msgspec.json.Decoder(row).decode_lines
        self._decode_array: Callable[[bytes], list[Any]]
        self._decode_array = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]
        self._filter = _row_filter(plan.row_test)
        keys = [rule.name.key for rule in self._rules]
        self._escapes = _escape_of_any([*keys, *([self._filter.name.key] if self._filter else [])])

    @classmethod
    def for_plan(cls, plan: Plan) -> Self | None:
        """Return the loop, None if the plan has something that it does not do."""
        selectors = [rule.selector for rule in plan.rules]
        if plan.row_test is not None:
            selectors.append(plan.row_test.rule.selector)
        names = {selector.steps[-1] for selector in selectors}
        watched = plan.trace is not None or plan.options.ignore_case
        if watched or not names or len(names) != len(selectors) or not all(map(_suits, selectors)):
            return None
        # What a row rule tests is one value a row.
        return None if plan.row_test is not None and EACH in selectors[-1].steps else cls(plan)

    def scrub_lines(self, block: bytes) -> bytes | None:
        """Return a block of whole lines scrubbed, None if it is not for this loop."""
        rows = _decode(self._decode_lines, block)
        if not rows:
            return None
        names = _Names(self._escapes, block)
        if self._filter is None:
            return self._scrub(block, rows, names, is_one_row_a_line)
        return self._scrub_those_that_stay(self._filter, block, rows, names)

    def scrub_elements(self, batch: bytes) -> bytes | None:
        """Return whole elements, each with a comma, scrubbed; None if they are not for this loop.

        Of many elements none nests deep: the pattern that found them knows a few levels only. One
        that it does not know comes alone.
        """
        end = batch.rfind(b",")
        array = b"".join((b"[", memoryview(batch)[:end], b"]"))
        rows = _decode(self._decode_array, array)
        if not rows or (len(rows) == 1 and is_deep(batch)):
            return None
        return self._scrub(batch, rows, _Names(self._escapes, batch), _is_known)

    def scrub_start(self, start: bytes, boundary: Boundary) -> bytes | None:
        """Return the start of an array, up to a comma, scrubbed; None if it is not for this loop.

        Wherever an array is cut: if the start is valid with a closing bracket, it is a number of
        whole elements, since nothing that follows changes how it is read.
        """
        rows = _decode(self._decode_array, b"[%b]" % start[:-1])
        if not rows:
            return None
        return self._scrub(start, rows, _Names(self._escapes, start), boundary.parts_rows)

    def _scrub_those_that_stay(
        self, row_filter: RowFilter, block: bytes, rows: list[Any], names: _Names
    ) -> bytes | None:
        stay = row_filter.stay(block, rows) if names.are_plain else None
        if stay is None or not is_one_row_a_line(block, len(rows)):
            return None
        left = b"".join(compress(BytesIO(block).readlines(), stay))
        new = self._scrub(left, [*compress(rows, stay)], names, _is_known)
        if new is not None:
            self._plan.rows += stay.count(False)
            self._plan.dropped += stay.count(False)
        return new

    def _scrub(
        self, block: bytes, rows: list[Any], names: _Names, suits: Callable[[bytes, int], bool]
    ) -> bytes | None:
        before = block
        done: list[tuple[BoundRule, Replaced, int]] = []
        for rule in self._rules:
            hits = find_hits(rows, rule.steps)
            replaced = _replace(block, rule, hits, names)
            absent = len(rows) - count_rows(rows, rule.steps, len(hits))
            if replaced is None or (absent and rule.bound.rule.missing == "reject"):
                return None
            block = replaced.block
            done.append((rule.bound, replaced, absent))
        # Texts hold no line ends and nest nothing, so what is left of them tells as much, quicker.
        left = before if names.are_known else block
        if names.may_be_escaped_in(block) or not suits(left, len(rows)):
            return None
        for bound, replaced, absent in done:
            replaced.add_to(bound.tally)
            bound.tally.absent += absent
        self._plan.rows += len(rows)
        return block


def _is_known(_block: bytes, _rows: int) -> bool:
    """Stand in for a layout that has been looked at."""
    return True


def _replace(block: bytes, rule: _HotRule, hits: list[Any], names: _Names) -> Replaced | None:
    """Return the block with one rule's values replaced, None if that is not for this loop."""
    action = rule.bound.action
    if action.removes:
        return drop_members(block, rule.name, hits) if names.are_plain else None
    replaced = replace_texts(block, rule.name, hits, action)
    if replaced is None and names.are_plain:
        return replace_values(block, rule.name, hits, action)
    return replaced


def _decode(decode: Callable[[bytes], list[Any]], block: bytes) -> list[Any] | None:
    try:
        if not block.isascii():
            block.decode()
        return decode(block)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError):
        return None


def _suits(selector: Selector) -> bool:
    steps = selector.steps
    plain = all(step is EACH or _PLAIN.fullmatch(step) for step in steps)
    return plain and steps[0] is not EACH and steps[-1] is not EACH


def _row_filter(test: RowTest | None) -> RowFilter | None:
    if test is None:
        return None
    return RowFilter(test, test.rule.selector.steps, Name(test.rule.selector))


def _escape_of_any(keys: Iterable[bytes]) -> _Search:
    r"""Return what finds each escape of a letter of the names, and little more.

    Of the code's two digits only the first is looked at. An escaped backslash with `u00` behind it
    is found as well.
    """
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - only this loop pays for it

    digits = "".join(sorted({f"{letter >> 4:x}" for key in keys for letter in key}))
    return cast("_Search", re2.compile(rf"\\u00[{digits}]".encode()))
