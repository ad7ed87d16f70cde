"""Rules that cannot live together, refused when the policy is loaded."""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from workflow.errors import PolicyError
from workflow.scrub.rules import Rule, ScrubOptions
from workflow.scrub.selector import Selector

DELIMITED = ("csv", "tsv")
_NUMBER: Final = re.compile("[1-9][0-9]*")


def check_rules(
    rules: Sequence[Rule],
    options: ScrubOptions | None = None,
    *,
    format: str = "auto",  # noqa: A002 - the policy's own word
) -> None:
    """Refuse overlaps, row rules on written fields, and actions that the format forbids.

    Raises:
        PolicyError: With `positions`, the indices of the rules at fault.
    """
    options = options or ScrubOptions()
    selectors = [_compared(rule.selector, options) for rule in rules]
    for (one, first), (two, second) in combinations(enumerate(selectors), 2):
        if first.overlaps(second):
            what = f"{rules[one].field} and {rules[two].field} select the same or a nested value"
            raise PolicyError(what, positions=(one, two))
    _check_row_rule(rules, selectors, options)
    _check_format(rules, options, format)


def _compared(selector: Selector, options: ScrubOptions) -> Selector:
    return selector.folded() if options.ignore_case else selector


def _check_row_rule(
    rules: Sequence[Rule], selectors: Sequence[Selector], options: ScrubOptions
) -> None:
    if options.drop_rows is None:
        return
    tested = _compared(options.drop_rows.selector, options)
    for position, selector in enumerate(selectors):
        if selector.overlaps(tested):
            what = (
                f"drop_rows tests {options.drop_rows.field}, which {rules[position].field} writes"
            )
            raise PolicyError(what, positions=(position,))


def _check_format(rules: Sequence[Rule], options: ScrubOptions, format_name: str) -> None:
    if format_name not in DELIMITED:
        return
    for position, rule in enumerate(rules):
        if rule.build_action().removes and not options.reshape:
            what = (
                f"{rule.action} moves the columns of a {format_name} file; it needs reshape: true"
            )
            raise PolicyError(what, positions=(position,))
        if len(rule.selector.steps) != 1 or rule.selector.steps[0] is None:
            what = f"{rule.field} selects inside a value; a {format_name} file has columns only"
            raise PolicyError(what, positions=(position,))
        if not options.csv.header and not _NUMBER.fullmatch(str(rule.selector.steps[0])):
            what = f"{rule.field} is no column number, and the files have no header"
            raise PolicyError(what, positions=(position,))
