"""The policy of a KMS key: does it let the roles use the key, or leave that to IAM?"""

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.doctor.commands import listed
from workflow.doctor.conditions import Answer, request_of
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity
from workflow.doctor.statements import applies, is_about_action, statements_of

CHECK = "KMS key"
_READS, _WRITES = "kms:Decrypt", "kms:GenerateDataKey"
_WRITER = "scrub_object"


def check_key_policy(policy: Mapping[str, Any], expected: Expected) -> Iterator[Finding]:
    """Say which roles the key's policy keeps from it, whatever IAM grants them."""
    kept_off = [
        name
        for name, role in expected.roles.items()
        for action in ((_READS, _WRITES) if name == _WRITER else (_READS,))
        if not _is_open(policy, role, action, expected)
    ]
    if not kept_off:
        yield Finding(CHECK, Severity.OK, "it is enabled, and its policy lets the roles use it")
        return
    what = f"its policy may keep these roles from it: {listed([*dict.fromkeys(kept_off)])}"
    hint = (
        f"let the key's policy allow {_READS} and {_WRITES} to the stack's roles, "
        f"or to the account {expected.account}, and deny them nothing"
    )
    yield Finding(CHECK, Severity.WARNING, what, hint=hint)


def _is_open(policy: Mapping[str, Any], role: str, action: str, expected: Expected) -> bool:
    suffix = "amazonaws.com.cn" if expected.region.startswith("cn-") else "amazonaws.com"
    request = {
        **request_of(role),
        "kms:calleraccount": expected.account,
        "kms:viaservice": f"s3.{expected.region}.{suffix}",
    }
    effects = {
        statement.get("Effect")
        for statement in statements_of(policy)
        if is_about_action(statement, action) and applies(statement, role, request) is not Answer.NO
    }
    return effects == {"Allow"}
