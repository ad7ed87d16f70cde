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
from typing import Any, Final, Self

import msgspec

from workflow.scrub.jsontext.layout import is_deep, is_one_row_a_line
from workflow.scrub.jsontext.replace import Replaced, replace_all
from workflow.scrub.jsontext.shapes import count_rows, find_hits, row_type
from workflow.scrub.plan import BoundRule, Plan
from workflow.scrub.selector import EACH

_PLAIN: Final = re.compile(r"[A-Za-z0-9_ .:@$-]+")


@dataclass(frozen=True)
class _HotRule:
    """A rule as the hot loop needs it."""

    bound: BoundRule
    key: bytes


class HotLoop:
    """Scrubs blocks of rows that hold no surprise.

    Args:
        plan: The rules, of which `for_plan` has found that they suit.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare the decoders."""
        self._plan = plan
        self._rules = [_HotRule(rule, _literal(rule)) for rule in plan.rules]
        row = row_type(plan.tree)
        self._decode_lines: Callable[[bytes], list[Any]]
        self._decode_lines = msgspec.json.Decoder(row).decode_lines
        self._decode_array: Callable[[bytes], list[Any]]
        self._decode_array = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]
        self._digits = _first_digits(rule.key for rule in self._rules)

    @classmethod
    def for_plan(cls, plan: Plan) -> Self | None:
        """Return the loop, None if the plan has something that it does not do."""
        watched = plan.trace is not None or plan.row_test is not None or plan.options.ignore_case
        names = [rule.selector.steps[-1] for rule in plan.rules]
        if watched or not names or len(set(names)) != len(names):
            return None
        return cls(plan) if all(_suits(rule) for rule in plan.rules) else None

    def scrub_lines(self, block: bytes) -> bytes | None:
        """Return a block of whole lines scrubbed, None if it is not for this loop."""
        rows = _decode(self._decode_lines, block)
        return self._scrub(block, rows, lines=True) if rows else None

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
        return self._scrub(batch, rows, lines=False)

    def _scrub(self, block: bytes, rows: list[Any], *, lines: bool) -> bytes | None:
        done: list[tuple[_HotRule, Replaced, int]] = []
        if self._is_odd(block):
            return None
        for rule in self._rules:
            steps = rule.bound.selector.steps
            hits = find_hits(rows, steps)
            replaced = replace_all(block, rule.key, hits, rule.bound.action)
            absent = len(rows) - count_rows(rows, steps, len(hits))
            if replaced is None or (absent and rule.bound.rule.missing == "reject"):
                return None
            block = replaced.block
            done.append((rule, replaced, absent))
        if lines and not is_one_row_a_line(block, len(rows)):
            return None
        for rule, replaced, absent in done:
            replaced.add_to(rule.bound.tally)
            rule.bound.tally.absent += absent
        self._plan.rows += len(rows)
        return block

    def _is_odd(self, block: bytes) -> bool:
        """Tell whether a name may be written with an escape.

        Asked of the input: a value that is taken for another one could take the name away.
        """
        if b"\\" not in block:
            return False
        # Nothing is behind one that is an escaped backslash and "u00", with an escape after it.
        behind = filter(None, block.split(b"\\u00")[1:])
        return not self._digits.isdisjoint([digits[0] for digits in behind])


def _decode(decode: Callable[[bytes], list[Any]], block: bytes) -> list[Any] | None:
    try:
        if not block.isascii():
            block.decode()
        return decode(block)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError):
        return None


def _suits(rule: BoundRule) -> bool:
    steps = rule.selector.steps
    plain = all(step is EACH or _PLAIN.fullmatch(step) for step in steps)
    return plain and steps[0] is not EACH and steps[-1] is not EACH and not rule.action.removes


def _literal(rule: BoundRule) -> bytes:
    return b'"%s"' % str(rule.selector.steps[-1]).encode()


def _first_digits(keys: Iterable[bytes]) -> frozenset[int]:
    """Return with which hexadecimal digit the codes of the names' letters start."""
    return frozenset(ord(f"{letter >> 4:x}") for key in keys for letter in key)
