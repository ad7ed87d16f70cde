"""The rules of one scrub, bound and ready: a tree of selectors, actions with keys, and counts.

A format is given a `Plan`, selects values with its tree, asks the actions, and counts in the
tallies. A plan belongs to one call of `scrub()`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from workflow.errors import SchemaMismatch, UsageError
from workflow.scrub.actions.base import Action
from workflow.scrub.checks import check_rules
from workflow.scrub.report import RuleCount, Tally
from workflow.scrub.row_test import RowTest
from workflow.scrub.rules import Rule, ScrubOptions
from workflow.scrub.selector import EACH, Selector

ROW_TEST: Final = -1
"""The number of the row rule among the numbers of the rules in a `Node`."""


@dataclass
class Node:
    """A place in the tree of selectors: what to do here, and where to go on.

    Attributes:
        children: The next member names; folded if the plan ignores case.
        each: The next place for the elements of an array.
        rules: Numbers of the rules that end here (at most one), and `ROW_TEST`.
    """

    children: dict[str, "Node"] = field(default_factory=dict)
    each: "Node | None" = None
    rules: list[int] = field(default_factory=list)

    def descend(self, step: str | None) -> "Node":
        """Return the next place, made if need be."""
        if step is EACH:
            self.each = self.each or Node()
            return self.each
        return self.children.setdefault(step, Node())


@dataclass(frozen=True)
class Trace:
    """One selected value, before and after, as text; for `policy try`, never for a log.

    Attributes:
        row: One-based number of the row.
        rule: Index of the rule.
        path: Where the value is, with indices: `payments[0].card_number`.
        before: The value as it is spelled in the object.
        after: What it becomes; None if it is taken out.
    """

    row: int
    rule: int
    path: str
    before: str
    after: str | None


@dataclass(frozen=True)
class BoundRule:
    """A rule with its parsed selector, its action with the key, and its counts."""

    rule: Rule
    selector: Selector
    action: Action
    tally: Tally


@dataclass
class Plan:
    """Everything that a format needs to know of the rules.

    Attributes:
        rules: The rules in the policy's order.
        options: The options of the scrub.
        tree: The selectors of all rules and of the row rule.
        row_test: The row rule, if there is one.
        trace: Called for each selected value, if somebody watches.
        native: Whether the native core may do what it can.
        rows: Rows read.
        dropped: Rows taken out.
    """

    rules: tuple[BoundRule, ...]
    options: ScrubOptions
    tree: Node
    row_test: RowTest | None
    trace: Callable[[Trace], None] | None = None
    native: bool = True
    rows: int = 0
    dropped: int = 0

    def fold(self, name: str) -> str:
        """Return the name as the tree spells it."""
        return name.lower() if self.options.ignore_case else name

    def absent(self, index: int, *, row: int | None = None) -> None:
        """Count a row without the rule's field, or refuse the object if the rule says so.

        Raises:
            SchemaMismatch: The rule says `missing: reject`.
        """
        bound = self.rules[index]
        if bound.rule.missing == "reject":
            place = "" if row is None else f" in row {row}"
            raise SchemaMismatch(f"field {bound.rule.field} is missing{place}")
        bound.tally.absent += 1

    def counts(self) -> tuple[RuleCount, ...]:
        """Return the counts of all rules."""
        return tuple(
            RuleCount(
                field=bound.rule.field,
                action=bound.rule.action,
                matched=bound.tally.matched,
                changed=bound.tally.changed,
                nulled=bound.tally.nulled,
                absent=bound.tally.absent,
            )
            for bound in self.rules
        )


def bind(
    rules: Sequence[Rule],
    options: ScrubOptions,
    trace: Callable[[Trace], None] | None = None,
    *,
    native: bool = True,
) -> Plan:
    """Make the plan of one scrub.

    Raises:
        PolicyError: Two rules select the same or a nested value, or one what the row rule tests.
        UsageError: A rule needs a key and there is none.
    """
    bound = tuple(_bind_rule(rule, options) for rule in rules)
    test = None if options.drop_rows is None else RowTest(options.drop_rows)
    tree = Node()
    for number, rule in enumerate(bound):
        _plant(tree, rule.selector).rules.append(number)
    if test is not None:
        selector = test.rule.selector
        _plant(tree, selector.folded() if options.ignore_case else selector).rules.append(ROW_TEST)
    if _overlap(tree):
        check_rules(rules, options)
    return Plan(bound, options, tree, row_test=test, trace=trace, native=native)


def _overlap(node: Node) -> bool:
    """Tell whether a rule ends where another one does, or goes on."""
    below = [*node.children.values(), *([] if node.each is None else [node.each])]
    return len(node.rules) + bool(node.rules and below) > 1 or any(map(_overlap, below))


def spell(plan: Plan, selectors: Sequence[Selector]) -> Plan:
    """Make a plan of the same rules, counted together, for names in exactly this case.

    Args:
        plan: A plan without a row rule.
        selectors: What the rules select, as the names are spelled.
    """
    tree = Node()
    for number, selector in enumerate(selectors):
        _plant(tree, selector).rules.append(number)
    rules = tuple(
        replace(bound, selector=selector)
        for bound, selector in zip(plan.rules, selectors, strict=True)
    )
    options = replace(plan.options, ignore_case=False)
    return Plan(rules=rules, options=options, tree=tree, row_test=None)


def _bind_rule(rule: Rule, options: ScrubOptions) -> BoundRule:
    action = rule.build_action()
    if action.needs_key:
        if options.key is None:
            raise UsageError(f"{action.name} on {rule.field} needs a key")
        action = action.with_key(options.key)
    selector = rule.selector.folded() if options.ignore_case else rule.selector
    return BoundRule(rule, selector, action, Tally())


def _plant(tree: Node, selector: Selector) -> Node:
    node = tree
    for step in selector.steps:
        node = node.descend(step)
    return node
