"""A bucket's settings against what runs need of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from workflow.doctor.bucket_policy import CHECK as POLICY
from workflow.doctor.bucket_policy import check_policy
from workflow.doctor.commands import aws, listed
from workflow.doctor.encryption import Encryption, Key, check_encryption
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity, Unread, judged
from workflow.doctor.lifecycle import CHECK as LIFECYCLE
from workflow.doctor.lifecycle import Lifecycle, check_lifecycle
from workflow.doctor.notifications import check_notifications

SETTING = "infra/environments.py"
OUTSIDE = "docs/security.md, What stays outside the erasure"
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True, slots=True)
class Versioning:
    """Whether overwritten objects are kept, and whether erasing them takes a device."""

    status: str | None
    mfa_delete: bool

    @property
    def is_on(self) -> bool:
        """Whether every version is kept."""
        return self.status == "Enabled"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """The settings of one bucket, each as S3 gives it, or why it could not be read.

    Attributes:
        name: The bucket.
        region: Where it is.
        owned: Whether it belongs to the account of the stack.
        versioning: Whether versions are kept.
        notifications: All of its notification configuration.
        lifecycle: All of its lifecycle rules.
        policy: Its policy; None where it has none.
        encryption: The default encryption of new objects.
        key: The KMS key of that; None where there is none to look at.
        lock: Its Object Lock configuration; None where it has none.
        replication: Its replication rules.
        public_access: What of the public is blocked.
        ownership: Who owns what others upload; None where nobody has said.
    """

    name: str
    region: str | Unread
    owned: bool | Unread
    versioning: Versioning | Unread
    notifications: Mapping[str, Any] | Unread
    lifecycle: Lifecycle | Unread
    policy: Mapping[str, Any] | Unread | None
    encryption: Encryption | Unread
    key: Key | Unread | None
    lock: Mapping[str, Any] | Unread | None
    replication: tuple[Mapping[str, Any], ...] | Unread
    public_access: Mapping[str, bool] | Unread
    ownership: str | Unread | None


def check_bucket(bucket: Bucket, expected: Expected) -> Iterator[Finding]:
    """Yield what is well with a bucket, and what is not."""
    about = partial(judge_with, bucket=bucket.name, expected=expected)
    yield from judged("region", bucket.region, about(_region))
    yield from judged("owner", bucket.owned, about(_owner))
    yield from judged("versioning", bucket.versioning, about(_versioning))
    yield from judged("MFA delete", bucket.versioning, about(_mfa_delete))
    yield from judged("notifications", bucket.notifications, about(check_notifications))
    yield from judged(
        LIFECYCLE, bucket.lifecycle, lambda found: _lifecycle(found, bucket, expected)
    )
    yield from judged(POLICY, bucket.policy, about(check_policy))
    yield from judged(
        "encryption",
        bucket.encryption,
        lambda found: check_encryption(found, bucket.key, bucket=bucket.name, expected=expected),
    )
    yield from judged("Object Lock", bucket.lock, about(_lock))
    yield from judged("replication", bucket.replication, about(_replication))
    yield from judged("public access", bucket.public_access, about(_public_access))
    yield from judged("ownership", bucket.ownership, about(_ownership))


def judge_with(judge: Any, *, bucket: str, expected: Expected) -> Any:
    """Bind what every judge is told."""
    return partial(judge, bucket=bucket, expected=expected)


def _region(region: str, *, bucket: str, expected: Expected) -> Iterator[Finding]:
    if region == expected.region:
        yield Finding("region", Severity.OK, f"{bucket} is in {region}, as the stack is")
    else:
        what = f"{bucket} is in {region}: no event of it reaches a stack in {expected.region}"
        hint = f"deploy the stack in {region}"
        yield Finding("region", Severity.PROBLEM, what, hint=hint)


def _owner(owned: bool, *, bucket: str, expected: Expected) -> Iterator[Finding]:
    if owned:
        yield Finding("owner", Severity.OK, "it belongs to the account of the stack")
    else:
        what = f"{bucket} belongs to another account than {expected.account}: no event reaches it"
        yield Finding("owner", Severity.PROBLEM, what, hint="deploy the stack in that account")


def _versioning(found: Versioning, *, bucket: str, expected: Expected) -> Iterator[Finding]:
    check = "versioning"
    if found.is_on:
        yield Finding(check, Severity.OK, "every version is kept until it is erased")
    elif "unversioned" in expected.allows:
        what = "no versions are kept, which allow_unversioned allows: a rewrite is for good"
        yield Finding(check, Severity.WARNING, what)
    else:
        command = _versioning_command(found, bucket, expected)
        what = "no versions are kept: a rewrite would be for good, so runs are rejected"
        if expected.existing is False:
            what = "no versions are kept, though the template says so: a rewrite is for good"
        hint = None
        if expected.attached:
            hint = f"or set allow_unversioned of the ExistingLake in {SETTING}, and deploy"
        yield Finding(check, Severity.PROBLEM, what, (command,), hint)


def _mfa_delete(found: Versioning, *, bucket: str, expected: Expected) -> Iterator[Finding]:
    check = "MFA delete"
    if not found.mfa_delete:
        yield Finding(check, Severity.OK, "versions can be erased without a device")
    elif "mfa-delete" in expected.allows:
        what = "nobody but the root user erases versions, which allow_mfa_delete allows"
        yield Finding(check, Severity.WARNING, what)
    else:
        command = _versioning_command(found, bucket, expected)
        what = "no run can erase a version, nor can a lifecycle rule"
        hint = (
            "as the root user, with the device's serial number and its code in place of SERIAL "
            f"and CODE; or set erase_versions to false, and allow_mfa_delete in {SETTING}"
        )
        yield Finding(check, Severity.PROBLEM, what, (command,), hint)


def _versioning_command(found: Versioning, bucket: str, expected: Expected) -> str:
    """Mend both at once; with MFA delete S3 takes no change without the device."""
    kept = found.status if "unversioned" in expected.allows else None
    settings = f"Status={kept or 'Enabled'}"
    if not found.mfa_delete:
        return aws(
            "s3api", "put-bucket-versioning", bucket=bucket, versioning_configuration=settings
        )
    device = "Enabled" if "mfa-delete" in expected.allows else "Disabled"
    return aws(
        "s3api",
        "put-bucket-versioning",
        bucket=bucket,
        versioning_configuration=f"{settings},MFADelete={device}",
        mfa="SERIAL CODE",
    )


def _lifecycle(found: Lifecycle, bucket: Bucket, expected: Expected) -> Iterator[Finding]:
    versioning = bucket.versioning
    if isinstance(versioning, Versioning) and versioning.mfa_delete:
        what = "S3 takes no lifecycle rules while MFA delete is on: nothing expires by itself"
        yield Finding(LIFECYCLE, Severity.WARNING, what)
        return
    # A bucket whose versioning was suspended still holds the versions from before, and one that
    # never had it is going to, unless that is allowed.
    never = isinstance(versioning, Versioning) and versioning.status is None
    keeps = not (never and "unversioned" in expected.allows)
    yield from check_lifecycle(
        found, bucket=bucket.name, policies=expected.policies, keeps_versions=keeps
    )


def _lock(found: Mapping[str, Any] | None, *, bucket: str, expected: Expected) -> Iterator[Finding]:
    check = "Object Lock"
    retention = (found or {}).get("Rule", {}).get("DefaultRetention", {})
    if found is None or not retention:
        what = "no default retention keeps uploads from being erased"
        yield Finding(check, Severity.OK, what)
        return
    length = f"{retention['Days']} days" if "Days" in retention else f"{retention['Years']} years"
    erased = "the sweeper erases them then" if expected.erases else "nothing is to be erased here"
    what = f"{bucket} locks every upload for {length} ({retention['Mode']}); {erased}"
    yield Finding(check, Severity.WARNING, what, hint=f"see {OUTSIDE}")


def _replication(
    rules: tuple[Mapping[str, Any], ...], *, bucket: str, expected: Expected
) -> Iterator[Finding]:
    targets = sorted(
        {
            rule["Destination"]["Bucket"]
            for rule in rules
            if rule["Status"] == "Enabled" and _is_near(rule, expected.prefixes)
        }
    )
    if not targets:
        yield Finding("replication", Severity.OK, "no object of a dataset is copied elsewhere")
        return
    what = f"{bucket} is copied to {listed(targets)}: replicas keep what was erased here"
    yield Finding("replication", Severity.WARNING, what, hint=f"see {OUTSIDE}")


def _is_near(rule: Mapping[str, Any], prefixes: tuple[str, ...]) -> bool:
    chosen = rule.get("Filter", {})
    given = chosen.get("Prefix", chosen.get("And", {}).get("Prefix", rule.get("Prefix", "")))
    return any(prefix.startswith(given) or given.startswith(prefix) for prefix in prefixes)


def _public_access(
    found: Mapping[str, bool], *, bucket: str, expected: Expected
) -> Iterator[Finding]:
    del expected
    missing = [name for name in _BLOCKS if not found.get(name)]
    if not missing:
        yield Finding("public access", Severity.OK, "it is blocked")
        return
    command = aws(
        "s3api",
        "put-public-access-block",
        bucket=bucket,
        public_access_block_configuration=",".join(f"{name}=true" for name in _BLOCKS),
    )
    what = f"not all of it is blocked: {listed(missing)}"
    hint = "who reads it without signing in cannot any more; leave it where that is meant"
    yield Finding("public access", Severity.WARNING, what, (command,), hint)


def _ownership(found: str | None, *, bucket: str, expected: Expected) -> Iterator[Finding]:
    del expected
    if found == "BucketOwnerEnforced":
        yield Finding("ownership", Severity.OK, "ACLs are off")
        return
    command = aws(
        "s3api",
        "put-bucket-ownership-controls",
        bucket=bucket,
        ownership_controls="Rules=[{ObjectOwnership=BucketOwnerEnforced}]",
    )
    what = "ACLs are on: a rewrite drops the ACL of its object, and others may own what they upload"
    hint = "ACLs grant nothing any more then: give others a bucket policy first"
    yield Finding("ownership", Severity.WARNING, what, (command,), hint)
