"""Statements of a policy: whom they are about, and which actions."""

from collections.abc import Mapping
from typing import Any

from workflow.doctor.conditions import Answer, Request, as_list, holds, like

Statement = Mapping[str, Any]


def statements_of(policy: Mapping[str, Any] | None) -> list[Statement]:
    """Give the statements of a policy; a single one may stand without a list."""
    return as_list((policy or {}).get("Statement", []))


def is_about_action(statement: Statement, action: str) -> bool:
    """Say whether the statement is about an action, which has no case."""
    patterns = as_list(statement.get("Action", statement.get("NotAction", [])))
    matches = any(like(pattern.lower(), action.lower()) for pattern in patterns)
    return matches is not ("NotAction" in statement)


def applies(statement: Statement, role: str, request: Request) -> Answer:
    """Say whether the statement is about what a role asks for, as far as its requests are known."""
    answers = (_names(statement, role), holds(statement.get("Condition", {}), request))
    return min(answers, key=lambda answer: answer.value)


def principals(principal: Any) -> list[str]:
    """Give the accounts, users and roles that are named; services are left out."""
    if isinstance(principal, Mapping):
        return as_list(principal.get("AWS", []))
    return [str(principal)]


def _names(statement: Statement, role: str) -> Answer:
    """Say whether the statement is about the role."""
    if "NotPrincipal" in statement:
        # A session of the role would have to be named too, and has a name of its own.
        listed_there = role in principals(statement["NotPrincipal"])
        return Answer.MAYBE if listed_there else Answer.YES
    account = role.split(":")[4]
    everybody = {"*", role, account, f"{role.rpartition(':')[0]}:root"}
    return Answer.YES if everybody & set(principals(statement.get("Principal"))) else Answer.NO
