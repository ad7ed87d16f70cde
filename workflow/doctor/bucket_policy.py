"""The bucket's policy: does it deny what runs need, and does it ask for TLS?

S3 replaces the whole policy, so one command mends all, and holds every statement that was there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workflow.doctor.commands import aws, listed
from workflow.doctor.conditions import Answer, as_list, holds, like, request_of
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity
from workflow.doctor.statements import (
    Statement,
    applies,
    is_about_action,
    principals,
    statements_of,
)

CHECK = "bucket policy"
TLS = "TLS"
_READS = ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket")
_ERASES = ("s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold")
# A test holds them against the roles of the template.
NEEDED: dict[str, tuple[str, ...]] = {
    "schedule_objects": _READS,
    "inspect_object": (*_READS, "s3:GetBucketVersioning"),
    "scrub_object": (
        *_READS,
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionTagging",
        "s3:GetBucketVersioning",
    ),
    "erase_version": (*_READS, *_ERASES),
    "sweep_overdue": (*_READS, *_ERASES),
    "crawler": ("s3:GetObject", "s3:ListBucket"),
}
_ON_BUCKET = ("s3:ListBucket", "s3:GetBucketVersioning")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
_MOST_BYTES = 20 * 1024


def with_roles_to_be(expected: Expected) -> Expected:
    """Add the roles that a stack is going to have, under names that nobody has spared yet."""
    role = f"arn:{expected.partition}:iam::{expected.account}:role/lakescrub-"
    return replace(expected, roles={name: f"{role}{name}" for name in NEEDED})


def check_policy(
    policy: Mapping[str, Any] | None, *, bucket: str, expected: Expected
) -> Iterator[Finding]:
    """Say what is denied to the roles, and whether requests without TLS are."""
    statements = statements_of(policy)
    denials = [(each, _denials(each, bucket, expected)) for each in statements]
    sparing = expected.deployed
    denying = [each for each, found in denials if sparing and Answer.YES in found.values()]
    asks = any(_asks_for_tls(each, bucket, expected) for each in statements)
    commands, hint = _mend(policy or {}, denying, bucket=bucket, expected=expected, tls=not asks)
    for statement, found in denials:
        yield from (
            _denied(statement, found, commands, hint)
            if expected.deployed
            else _would_deny(statement, found)
        )
    if not any(found for _, found in denials):
        yield Finding(CHECK, Severity.OK, "it denies the roles nothing that they need")
    if asks:
        yield Finding(TLS, Severity.OK, "requests without TLS are denied")
    else:
        what = "requests without TLS are not denied"
        yield Finding(TLS, Severity.WARNING, what, commands, hint)


def _would_deny(statement: Statement, found: Mapping[str, Answer]) -> Iterator[Finding]:
    if found:
        what = f"{_name(statement)} may deny what roles of the stack will need: {listed([*found])}"
        hint = "look again when the stack is deployed: its roles are known then"
        yield Finding(CHECK, Severity.WARNING, what, hint=hint)


def _name(statement: Statement) -> str:
    return f"statement '{statement['Sid']}'" if statement.get("Sid") else "a statement without Sid"


def _denied(
    statement: Statement, found: Mapping[str, Answer], commands: tuple[str, ...], hint: str | None
) -> Iterator[Finding]:
    name = _name(statement)
    surely = [role for role, answer in found.items() if answer is Answer.YES]
    maybe = [role for role, answer in found.items() if answer is Answer.MAYBE]
    if surely:
        what = f"{name} denies what these roles need: {listed(surely)}"
        yield Finding(CHECK, Severity.PROBLEM, what, commands, hint)
    if maybe:
        keys = sorted({key for tests in statement.get("Condition", {}).values() for key in tests})
        on = f", depending on {listed(keys)}" if keys else ""
        what = f"{name} may deny what these roles need{on}: {listed(maybe)}"
        yield Finding(CHECK, Severity.WARNING, what)


def _denials(statement: Statement, bucket: str, expected: Expected) -> dict[str, Answer]:
    """Say for each role whether the statement denies an action that it needs."""
    if statement.get("Effect") != "Deny":
        return {}
    found: dict[str, Answer] = {}
    for role, arn in expected.roles.items():
        if any(_is_about(statement, action, bucket, expected) for action in NEEDED[role]):
            answer = applies(statement, arn, request_of(arn))
            if answer is not Answer.NO:
                found[role] = answer
    return found


def _is_about(statement: Statement, action: str, bucket: str, expected: Expected) -> bool:
    if not is_about_action(statement, action):
        return False
    arn = f"arn:aws:s3:::{bucket}"
    if action in _ON_BUCKET:
        return _reaches(statement, arn, whole=True)
    prefixes = expected.erased_prefixes if action in _ERASES else expected.prefixes
    return any(_reaches(statement, f"{arn}/{each}", whole=False) for each in prefixes)


def _reaches(statement: Statement, target: str, *, whole: bool) -> bool:
    """Say whether the statement is about the target, or about a part of what begins with it."""
    target = _in_partition(target)
    if "NotResource" in statement:
        spared = as_list(statement["NotResource"])
        return not any(like(_in_partition(pattern), target) for pattern in spared)
    patterns = [_in_partition(pattern) for pattern in as_list(statement.get("Resource", []))]
    return any(
        like(pattern, target) if whole else _overlaps(pattern, target) for pattern in patterns
    )


def _in_partition(arn: str) -> str:
    """Leave the partition out: the bucket's own policy can only mean its own."""
    parts = arn.split(":", 2)
    return f"arn:*:{parts[2]}" if len(parts) > 2 and parts[0] == "arn" else arn  # noqa: PLR2004


def _overlaps(pattern: str, start: str) -> bool:
    """Say whether something that begins with ``start`` may match."""
    head = pattern.removeprefix("arn:*:").split("*")[0].split("?")[0]
    start = start.removeprefix("arn:*:")
    if head == pattern.removeprefix("arn:*:"):
        return head.startswith(start)
    return head.startswith(start) or start.startswith(head)


def _asks_for_tls(statement: Statement, bucket: str, expected: Expected) -> bool:
    """Say whether everybody's requests without TLS for all that datasets hold are denied."""
    conditions = statement.get("Condition", {})
    keys = {key.lower() for tests in conditions.values() for key in tests}
    actions = {str(action).lower() for action in as_list(statement.get("Action", []))}
    return (
        statement.get("Effect") == "Deny"
        and keys == {"aws:securetransport"}
        and holds(conditions, {"aws:securetransport": "false"}) is Answer.YES
        and "*" in principals(statement.get("Principal"))
        and bool({"s3:*", "*"} & actions)
        and all(_holds_all(statement, bucket, prefix) for prefix in expected.prefixes)
    )


def _holds_all(statement: Statement, bucket: str, prefix: str) -> bool:
    """Say whether the statement is about all that begins with a prefix."""
    target = f"arn:*:s3:::{bucket}/{prefix}"
    patterns = [_in_partition(pattern) for pattern in as_list(statement.get("Resource", []))]
    return any(pattern.endswith("*") and like(pattern, target) for pattern in patterns)


def _mend(
    policy: Mapping[str, Any],
    denying: Sequence[Statement],
    *,
    bucket: str,
    expected: Expected,
    tls: bool,
) -> tuple[tuple[str, ...], str | None]:
    roles = sorted(set(expected.roles.values()))
    statements = [
        _sparing(each, roles) if each in denying else each for each in statements_of(policy)
    ]
    if tls:
        statements.append(_tls_statement(bucket, statements, expected))
    mended = {"Version": "2012-10-17", **policy, "Statement": statements}
    if len(json.dumps(mended, separators=(",", ":"))) > _MOST_BYTES:
        return (), f"the mended policy would be over {_MOST_BYTES} bytes: shorten it first"
    return (aws("s3api", "put-bucket-policy", bucket=bucket, policy=mended),), None


def _sparing(statement: Statement, roles: list[str]) -> Statement:
    """Let a denial spare the roles, besides whom it spares already."""
    conditions = dict(statement.get("Condition", {}))
    tests = dict(conditions.get("ArnNotEquals", {}))
    key = next((each for each in tests if each.lower() == "aws:principalarn"), "aws:PrincipalArn")
    tests[key] = [*as_list(tests.get(key, [])), *roles]
    return {**statement, "Condition": {**conditions, "ArnNotEquals": tests}}


def _tls_statement(
    bucket: str, statements: Sequence[Statement], expected: Expected
) -> dict[str, Any]:
    arn = f"arn:{expected.partition}:s3:::{bucket}"
    taken = {each.get("Sid") for each in statements}
    sid = "DenyWithoutTls"
    while sid in taken:
        sid += "2"
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
