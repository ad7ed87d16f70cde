"""The default encryption of new objects, and its key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.doctor.commands import aws
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity, Unread, judged
from workflow.doctor.key_policy import CHECK as KEY
from workflow.doctor.key_policy import check_key_policy

CHECK = "encryption"
_KMS = ("aws:kms", "aws:kms:dsse")


@dataclass(frozen=True, slots=True)
class Encryption:
    """The encryption rules of a bucket as S3 gives them."""

    rules: tuple[Mapping[str, Any], ...]

    @property
    def by_default(self) -> Mapping[str, Any]:
        """What new objects are encrypted with."""
        found = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in self.rules]
        return found[0] if found else {}

    @property
    def key(self) -> str | None:
        """The KMS key that the bucket names: id, ARN or alias; None for the AWS managed one."""
        if self.by_default.get("SSEAlgorithm") not in _KMS:
            return None
        return self.by_default.get("KMSMasterKeyID")


@dataclass(frozen=True, slots=True)
class Key:
    """A KMS key.

    Attributes:
        arn: Its ARN, also where the bucket names an alias.
        state: Enabled, or not.
        policy: Its policy, or why it could not be read; None for a key of another account, which
            tells its policy to nobody else.
        is_managed_by_aws: Whether it is the one that AWS lets the whole account use through S3.
    """

    arn: str
    state: str
    policy: Mapping[str, Any] | Unread | None
    is_managed_by_aws: bool = False


def check_encryption(
    found: Encryption, key: Key | Unread | None, *, bucket: str, expected: Expected
) -> Iterator[Finding]:
    """Say whether runs can read and write under the bucket's default encryption."""
    algorithm = found.by_default.get("SSEAlgorithm", "AES256")
    managed = isinstance(key, Key) and key.is_managed_by_aws
    if found.key is None or managed:
        whose = "S3's own key" if algorithm not in _KMS else "the key that AWS manages"
        yield Finding(CHECK, Severity.OK, f"new objects are encrypted with {whose}")
        return
    yield from judged(KEY, key, lambda each: _key(each, expected) if each else ())
    if isinstance(key, Key):
        yield from _granted(found, key, bucket, expected)
    yield from _bucket_key(found, bucket, expected)


def _granted(found: Encryption, key: Key, bucket: str, expected: Expected) -> Iterator[Finding]:
    """Hold the bucket's key against the one that the roles may use."""
    if not expected.deployed or key.arn == expected.key_arn:
        what = f"new objects are encrypted with {key.arn}"
        hint = None if expected.deployed else f"set key_arn='{key.arn}' of the ExistingLake"
        yield Finding(CHECK, Severity.OK, what, hint=hint)
        return
    what = f"new objects are encrypted with {key.arn}, which no role may use"
    if expected.attached:
        hint = f"set key_arn='{key.arn}' of the ExistingLake in infra/environments.py, and deploy"
        yield Finding(CHECK, Severity.PROBLEM, what, hint=hint)
    elif expected.key_arn is not None:
        yield Finding(CHECK, Severity.PROBLEM, what, (_command(bucket, found, expected),))
    else:
        what = f"new objects are encrypted with {key.arn}; the stack does not tell its own key"
        yield Finding(CHECK, Severity.WARNING, what, hint="deploy the stack again")


def _bucket_key(found: Encryption, bucket: str, expected: Expected) -> Iterator[Finding]:
    plain = found.by_default.get("SSEAlgorithm") == "aws:kms"
    if plain and not found.rules[0].get("BucketKeyEnabled"):
        what = "no bucket key: each object costs requests to KMS of its own"
        command = _command(bucket, found, expected)
        yield Finding("bucket key", Severity.WARNING, what, (command,))


def _command(bucket: str, found: Encryption, expected: Expected) -> str:
    """Mend all at once: S3 replaces the whole of it."""
    by_default = dict(found.by_default)
    if expected.existing is False and expected.key_arn is not None:
        by_default["KMSMasterKeyID"] = expected.key_arn
    # S3 takes no bucket key for encryption in two layers.
    plain = by_default.get("SSEAlgorithm") == "aws:kms"
    changes = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": plain}
    return aws(
        "s3api",
        "put-bucket-encryption",
        bucket=bucket,
        server_side_encryption_configuration={
            "Rules": [{**found.rules[0], **changes}, *found.rules[1:]]
        },
    )


def _key(key: Key, expected: Expected) -> Iterator[Finding]:
    mends = {
        "Disabled": (aws("kms", "enable-key", key_id=key.arn),),
        "PendingDeletion": (
            aws("kms", "cancel-key-deletion", key_id=key.arn),
            aws("kms", "enable-key", key_id=key.arn),
        ),
    }
    if key.state != "Enabled":
        what = f"{key.arn} is {key.state}: no object under it can be read"
        yield Finding(KEY, Severity.PROBLEM, what, mends.get(key.state, ()))
        return
    if key.policy is None:
        what = f"{key.arn} belongs to another account, which alone can look at its policy"
        hint = "let its policy allow kms:Decrypt and kms:GenerateDataKey to the stack's roles"
        yield Finding(KEY, Severity.WARNING, what, hint=hint)
        return
    yield from judged(KEY, key.policy, lambda policy: check_key_policy(policy, expected))
