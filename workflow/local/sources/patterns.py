"""Filter patterns of event source mappings.

The rules are those of https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html:
a pattern names fields, each with a list of allowed values or comparisons; all fields must match,
any filter of the list is enough.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
}


def matches(record: dict[str, Any], mapping: dict[str, Any]) -> bool:
    """Tell whether a mapping's FilterCriteria let a record through."""
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or []
    if not filters:
        return True
    return any(_fits(record, json.loads(chosen["Pattern"])) for chosen in filters)


def _fits(record: object, pattern: dict[str, Any]) -> bool:
    fields = record if isinstance(record, dict) else {}
    return all(_field(fields, name, wanted) for name, wanted in pattern.items())


def _field(fields: dict[str, Any], name: str, wanted: Any) -> bool:
    if name == "$or":
        return any(_fits(fields, option) for option in wanted)
    if isinstance(wanted, dict):
        return _fits(fields.get(name), wanted)
    return _any_of(fields, name, wanted)


def _any_of(fields: dict[str, Any], name: str, wanted: Sequence[Any]) -> bool:
    found = fields.get(name)
    values = found if isinstance(found, list) else [found]
    return any(_rule(rule, value, present=name in fields) for rule in wanted for value in values)


def _rule(rule: object, value: object, *, present: bool) -> bool:
    if not isinstance(rule, dict):
        return present and rule == value and isinstance(rule, bool) == isinstance(value, bool)
    ((kind, wanted),) = rule.items()
    if kind == "exists":
        return bool(wanted) == present
    return present and _KINDS[kind](value, wanted)


def _numeric(value: object, wanted: Sequence[Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(wanted[::2], wanted[1::2], strict=True)
    return all(_COMPARE[sign](value, limit) for sign, limit in pairs)


def _anything_but(value: object, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        ((kind, inner),) = wanted.items()
        return not _KINDS[kind](value, inner)
    return value not in (wanted if isinstance(wanted, list) else [wanted])


_KINDS: dict[str, Callable[[Any, Any], bool]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": lambda value, wanted: str(value).lower() == wanted.lower(),
    "numeric": _numeric,
    "prefix": lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
    "suffix": lambda value, wanted: isinstance(value, str) and value.endswith(wanted),
}
