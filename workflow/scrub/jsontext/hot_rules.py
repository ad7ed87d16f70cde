"""One rule on a block of rows: find its values, put others in their place, count."""

from dataclasses import replace
from typing import Any, Final, Protocol

from workflow.scrub.jsontext.names import Name, Spelling
from workflow.scrub.jsontext.replace import (
    Replaced,
    drop_members,
    put_values,
    replace_texts,
    replace_values,
)
from workflow.scrub.jsontext.rows import RowScrubber
from workflow.scrub.jsontext.shapes import count_rows, find_hits
from workflow.scrub.plan import BoundRule, Node, Plan
from workflow.scrub.report import Tally
from workflow.scrub.selector import EACH

_ONLY: Final = 0


class HotRule(Protocol):
    """What the hot loop asks of a rule."""

    @property
    def bound(self) -> BoundRule:
        """The rule."""
        ...

    @property
    def name(self) -> Name:
        """The name that is looked for."""
        ...

    def scrub(self, block: bytes, rows: list[Any], spelling: Spelling) -> Replaced | None:
        """Return the block scrubbed by the rule, None if that cannot be done here.

        Args:
            block: The bytes of the rows, perhaps with the values of other rules replaced.
            rows: The rows as msgspec found them in the input.
            spelling: How the names are spelled in the input.
        """
        ...


class ValueRule:
    """A rule on members.

    Args:
        bound: The rule; its selector ends with a name.
    """

    def __init__(self, bound: BoundRule) -> None:
        """Prepare the search."""
        self.bound = bound
        self.name = Name(bound.selector)

    def scrub(self, block: bytes, rows: list[Any], spelling: Spelling) -> Replaced | None:
        """Return the block with the members' values replaced, or without the members."""
        steps = self.bound.selector.steps
        hits = find_hits(rows, steps)
        replaced = self._replace(block, hits, spelling)
        if replaced is not None:
            replaced.absent = len(rows) - count_rows(rows, steps, len(hits))
        return replaced

    def _replace(self, block: bytes, hits: list[Any], spelling: Spelling) -> Replaced | None:
        action = self.bound.action
        ends = self.name.ends(block, len(hits))
        if ends is None:
            return None
        if action.removes:
            size = len(self.name.key)
            return drop_members(block, ends, hits, key_size=size) if spelling.are_plain else None
        replaced = replace_texts(block, ends, hits, action)
        if replaced is None and spelling.are_plain:
            return replace_values(block, ends, hits, action)
        return replaced


class ElementsRule:
    """A rule on all elements of arrays: the reference does the arrays, and nothing else.

    Args:
        bound: The rule; its selector ends with a name and then `[*]`, once or more.
        plan: What holds for all rules.
    """

    def __init__(self, bound: BoundRule, plan: Plan) -> None:
        """Prepare the search."""
        self.bound = bound
        self.name = Name(bound.selector)
        steps = bound.selector.steps
        self._steps = steps[: steps.index(EACH)]
        tree = Node()
        node = tree
        for _ in steps[len(self._steps) :]:
            node = node.descend(EACH)
        node.rules.append(_ONLY)
        # An array without elements is no reason to refuse before all of the block is counted.
        self._rule = replace(bound, rule=replace(bound.rule, missing="ignore"))
        self._tree, self._options = tree, plan.options

    def scrub(self, block: bytes, rows: list[Any], spelling: Spelling) -> Replaced | None:
        """Return the block with the arrays' elements replaced or taken out."""
        hits = find_hits(rows, self._steps)
        ends = self.name.ends(block, len(hits))
        if ends is None or not spelling.are_plain:
            return None
        tally = Tally()
        bound = replace(self._rule, tally=tally)
        arrays = RowScrubber(Plan((bound,), self._options, self._tree, row_test=None))
        tokens = [*map(bytes, hits)]
        news = [arrays.scrub_valid(token) or token for token in tokens]
        scrubbed = put_values(block, ends, tokens, news)
        absent = tally.absent + len(rows) - len(hits)
        return Replaced(scrubbed, tally.matched, tally.changed, tally.nulled, absent)
