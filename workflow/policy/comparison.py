"""Policies as plain data, and in words what changes from one to the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workflow.policy.dataset import Dataset, Policies
from workflow.policy.durations import format_duration
from workflow.scrub import Rule, ScrubOptions


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes for one dataset.

    Attributes:
        dataset: Its name.
        changes: One sentence for each change.
        old_digest: None where the dataset is new.
        new_digest: None where the dataset is gone.
    """

    dataset: str
    changes: tuple[str, ...]
    old_digest: str | None
    new_digest: str | None

    @property
    def digest_changes(self) -> bool:
        """Whether objects would get other bytes."""
        return self.old_digest != self.new_digest


def describe(dataset: Dataset) -> dict[str, Any]:
    """Give a dataset as plain data, as a program or a person wants to read it."""
    return {
        "name": dataset.name,
        "prefix": dataset.prefix,
        "table": dataset.table,
        "format": dataset.format,
        "after": format_duration(dataset.after),
        "late_after": format_duration(dataset.late_after),
        "erase_versions": dataset.erase_versions,
        "enforce": dataset.enforce,
        "hash_key": dataset.hash_key,
        "ignore_case": dataset.options.ignore_case,
        "reshape": dataset.options.reshape,
        "encoding": dataset.options.encoding,
        "csv": {
            "delimiter": dataset.options.csv.delimiter,
            "header": dataset.options.csv.header,
        },
        "drop_rows": describe_row_rule(dataset.options),
        "scrub": [_plain_rule(rule) for rule in dataset.rules],
        "digest": dataset.digest,
    }


def describe_rule(rule: Rule) -> str:
    """Say in a few words what happens to a field: ``mask (keep_last: 4)``."""
    details = [f"{key}: {value}" for key, value in rule.options.items()]
    if rule.missing != "ignore":
        details.append(f"missing: {rule.missing}")
    return f"{rule.action} ({', '.join(details)})" if details else rule.action


def describe_row_rule(options: ScrubOptions) -> str | None:
    """Say in a few words which rows go, None where none do."""
    rule = options.drop_rows
    if rule is None:
        return None
    if rule.is_null is not None:
        return f"{rule.field} is {'' if rule.is_null else 'not '}null"
    if rule.among is not None:
        return f"{rule.field} in {list(rule.among)}"
    if rule.matches is not None:
        return f"{rule.field} matches {rule.matches!r}"
    return f"{rule.field} equals {rule.equals!r}"


def compare(old: Policies, new: Policies) -> list[Difference]:
    """Say what changes for each dataset, in the order of the new file; removed ones come last."""
    names = [*new, *(name for name in old if name not in new)]
    differences = (_difference(name, old.get(name), new.get(name)) for name in names)
    return [difference for difference in differences if difference.changes]


def _difference(name: str, old: Dataset | None, new: Dataset | None) -> Difference:
    return Difference(
        dataset=name,
        changes=tuple(_changes(old, new)),
        old_digest=old.digest if old else None,
        new_digest=new.digest if new else None,
    )


def _changes(old: Dataset | None, new: Dataset | None) -> Iterator[str]:
    if new is None:
        assert old is not None
        yield f"objects under {old.prefix} are no longer scrubbed; a due one ends as UnknownDataset"
        return
    if old is None:
        yield f"objects under {new.prefix} are scrubbed {format_duration(new.after)} after upload"
        yield from (f"{rule.field}: {describe_rule(rule)}" for rule in new.rules)
        return
    for told, read in _FACTS.items():
        before, after = read(old), read(new)
        if before != after:
            yield told.format(before=_spelled(before), after=_spelled(after))
    yield from _rule_changes(old, new)


def _rule_changes(old: Dataset, new: Dataset) -> Iterator[str]:
    before = {str(rule.selector): rule for rule in old.rules}
    after = {str(rule.selector): rule for rule in new.rules}
    for selector, rule in after.items():
        if selector not in before:
            yield f"{selector}: now {describe_rule(rule)}"
        elif before[selector] != rule:
            yield f"{selector}: {describe_rule(rule)} instead of {describe_rule(before[selector])}"
    for selector in before.keys() - after.keys():
        yield f"{selector}: no longer touched (was {describe_rule(before[selector])})"


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain_rule(rule: Rule) -> dict[str, Any]:
    return {"field": rule.field, "action": rule.action, "missing": rule.missing, **rule.options}


_FACTS: dict[str, Callable[[Dataset], object]] = {
    "prefix {after} instead of {before}": lambda dataset: dataset.prefix,
    "table {after} instead of {before}": lambda dataset: dataset.table,
    "format {after} instead of {before}": lambda dataset: dataset.format,
    "new uploads are due {after} after upload instead of {before}": (
        lambda dataset: format_duration(dataset.after)
    ),
    "the sweeper takes over {after} late instead of {before}": (
        lambda dataset: format_duration(dataset.late_after)
    ),
    "erase_versions: {after} instead of {before}": lambda dataset: dataset.erase_versions,
    "enforce: {after} instead of {before}": lambda dataset: dataset.enforce,
    "hash key {after} instead of {before}": lambda dataset: dataset.hash_key,
    "ignore_case: {after} instead of {before}": lambda dataset: dataset.options.ignore_case,
    "reshape: {after} instead of {before}": lambda dataset: dataset.options.reshape,
    "encoding {after} instead of {before}": lambda dataset: dataset.options.encoding or "UTF-8",
    "CSV delimiter {after} instead of {before}": (
        lambda dataset: dataset.options.csv.delimiter or "by format"
    ),
    "CSV header: {after} instead of {before}": lambda dataset: dataset.options.csv.header,
    "drops rows where {after} instead of {before}": (
        lambda dataset: describe_row_rule(dataset.options) or "nothing"
    ),
}
