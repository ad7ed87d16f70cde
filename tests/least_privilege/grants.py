"""What the roles of a deployed stack may do, and whether a request is among it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.least_privilege.needs import Need


@dataclass(frozen=True)
class Grant:
    """One action of one Allow statement."""

    action: str
    resources: tuple[str, ...]
    conditions: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)

    def covers(self, need: Need) -> bool:
        return (
            _matches(self.action, need.action, ignore_case=True)
            and any(_matches(resource, need.resource) for resource in self.resources)
            and all(
                _holds(operator, tests, need.context) for operator, tests in self.conditions.items()
            )
        )


def grants_of(document: dict[str, Any]) -> Iterator[Grant]:
    """Yield the grants of a policy; a Deny would need another evaluation, so there is none."""
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in _list(statement["Action"]):
            yield Grant(action, tuple(_list(statement["Resource"])), statement.get("Condition", {}))


def refused(needs: list[Need], grants: list[Grant]) -> list[Need]:
    """Return the needs that no grant covers."""
    return [need for need in needs if not any(grant.covers(need) for grant in grants)]


def unused(needs: list[Need], grants: list[Grant]) -> set[str]:
    """Return the actions of grants that covered nothing."""
    used = {grant.action for grant in grants for need in needs if grant.covers(need)}
    return {grant.action for grant in grants} - used


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Compare as IAM does: ``*`` for any text, ``?`` for any character."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL | re.IGNORECASE * ignore_case) is not None


def _holds(operator: str, tests: dict[str, Any], context: dict[str, Any]) -> bool:
    return all(
        OPERATORS[operator](_list(wanted), context.get(name)) for name, wanted in tests.items()
    )


def _equals(wanted: list[str], found: Any) -> bool:
    return found in wanted


def _every_value_is_like(wanted: list[str], found: Any) -> bool:
    return all(any(_matches(pattern, value) for pattern in wanted) for value in found or [])


# An operator that is not here fails, rather than pass for met.
OPERATORS = {"StringEquals": _equals, "ForAllValues:StringLike": _every_value_is_like}
