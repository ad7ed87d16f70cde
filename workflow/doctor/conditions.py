"""Conditions of a policy's statement, as far as a run's requests are known beforehand.

A condition holds, does not, or nobody knows: what depends on a header of one request, or on an
organization, is not guessed.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any


class Answer(Enum):
    """Whether something holds."""

    NO = 0
    MAYBE = 1
    YES = 2


# What is never there: functions run in no VPC of the account, and no device is asked.
_ABSENT = frozenset(
    {
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:multifactorauthpresent",
        "aws:multifactorauthage",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
Request = Mapping[str, str]


def request_of(role_arn: str) -> Request:
    """Give what is known of every request that a role makes."""
    return {
        "aws:securetransport": "true",
        "aws:principalarn": role_arn,
        "aws:principalaccount": role_arn.split(":")[4],
        "aws:principaltype": "AssumedRole",
        "aws:viaawsservice": "false",
        "aws:principalisawsservice": "false",
        "s3:authtype": "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        # S3 itself refuses less: https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/
        "s3:tlsversion": "1.2",
    }


def holds(conditions: Mapping[str, Mapping[str, Any]], request: Request) -> Answer:
    """Say whether all conditions hold: one that does not is enough."""
    answers = [
        _one(operator.lower(), key.lower(), as_list(wanted), request)
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    ]
    return min(answers, key=lambda answer: answer.value, default=Answer.YES)


def as_list(value: Any) -> list[Any]:
    """Give what may stand alone in a policy as a list."""
    return value if isinstance(value, list) else [value]


def _one(operator: str, key: str, wanted: list[Any], request: Request) -> Answer:
    operator, if_exists = operator.removesuffix("ifexists"), operator.endswith("ifexists")
    absent = key in _ABSENT
    if not absent and key not in request:
        return Answer.MAYBE
    if operator == "null":
        return _answer(str(wanted[0]).lower() == str(absent).lower())
    if operator not in _OPERATORS:
        return Answer.MAYBE
    negated, matches = _OPERATORS[operator]
    if absent:
        return _answer(if_exists or negated)
    return _answer(any(matches(str(each), request[key]) for each in wanted) is not negated)


def _answer(value: bool) -> Answer:
    return Answer.YES if value else Answer.NO


def _same(wanted: str, found: str) -> bool:
    return wanted == found


def _same_in_any_case(wanted: str, found: str) -> bool:
    return wanted.lower() == found.lower()


def _less(wanted: str, found: str) -> bool:
    try:
        return float(found) < float(wanted)
    except ValueError:
        return False


def like(pattern: str, value: str) -> bool:
    """Compare as IAM does: ``*`` for any text, ``?`` for any character."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


# Name: whether it is negated, and how it compares.
_OPERATORS: dict[str, tuple[bool, Callable[[str, str], bool]]] = {
    "bool": (False, _same_in_any_case),
    "stringequals": (False, _same),
    "stringequalsignorecase": (False, _same_in_any_case),
    "stringlike": (False, like),
    "arnequals": (False, like),
    "arnlike": (False, like),
    "numericlessthan": (False, _less),
    "numericgreaterthanequals": (True, _less),
    "stringnotequals": (True, _same),
    "stringnotequalsignorecase": (True, _same_in_any_case),
    "stringnotlike": (True, like),
    "arnnotequals": (True, like),
    "arnnotlike": (True, like),
}
