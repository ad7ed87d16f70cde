"""The settings of a bucket, read for ``lakescrub doctor``."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflow.aws.reading import plain, read
from workflow.doctor.bucket import Bucket, Versioning
from workflow.doctor.encryption import Encryption, Key
from workflow.doctor.findings import Unread
from workflow.doctor.lifecycle import Lifecycle
from workflow.errors import NotFound

_FIRST_REGION = "us-east-1"
_OLD_NAMES = {"EU": "eu-west-1"}
_GONE = ("NoSuchBucket", "404")
# What a setting is that nobody has made.
_ABSENT: dict[str, Any] = {
    "NoSuchBucketPolicy": None,
    "NoSuchLifecycleConfiguration": Lifecycle(),
    "NoSuchPublicAccessBlockConfiguration": {},
    "ObjectLockConfigurationNotFoundError": None,
    "OwnershipControlsNotFoundError": None,
    "ReplicationConfigurationNotFoundError": (),
    "ServerSideEncryptionConfigurationNotFoundError": Encryption(()),
}
_FORBIDDEN = ("AccessDenied", "403")


@dataclass(frozen=True)
class BucketSettings:
    """Reads one bucket.

    Attributes:
        s3: A client.
        kms: A client.
        name: The bucket.
        account: The account that it should belong to.
    """

    s3: Any
    kms: Any
    name: str
    account: str

    def read(self) -> Bucket:
        """Read everything; what cannot be read says why.

        Raises:
            NotFound: There is no such bucket.
        """
        region = self._region()
        encryption = self._ask("s3:GetEncryptionConfiguration", self._encryption)
        return Bucket(
            name=self.name,
            region=region,
            owned=region if isinstance(region, Unread) else self._owned(),
            versioning=self._ask("s3:GetBucketVersioning", self._versioning),
            notifications=self._ask("s3:GetBucketNotification", self._notifications),
            lifecycle=self._ask("s3:GetLifecycleConfiguration", self._lifecycle),
            policy=self._ask("s3:GetBucketPolicy", self._policy),
            encryption=encryption,
            key=self._key(encryption.key) if isinstance(encryption, Encryption) else None,
            lock=self._ask("s3:GetBucketObjectLockConfiguration", self._lock),
            replication=self._ask("s3:GetReplicationConfiguration", self._replication),
            public_access=self._ask("s3:GetBucketPublicAccessBlock", self._public_access),
            ownership=self._ask("s3:GetBucketOwnershipControls", self._ownership),
        )

    def _ask(self, permission: str, ask: Callable[[], Any]) -> Any:
        return read(permission, ask, absent=_ABSENT)

    def _region(self) -> str | Unread:
        """Read the region first: it tells whether there is a bucket at all."""

        def ask() -> str | None:
            found = self.s3.get_bucket_location(Bucket=self.name).get("LocationConstraint")
            return _OLD_NAMES.get(found, found) or _FIRST_REGION

        region = read("s3:GetBucketLocation", ask, absent=dict.fromkeys(_GONE))
        if region is None:
            raise NotFound(f"there is no bucket {self.name}")
        return region

    def _owned(self) -> bool | Unread:
        """Ask again in the name of the account: somebody else's bucket is refused then."""

        def ask() -> bool:
            self.s3.get_bucket_location(Bucket=self.name, ExpectedBucketOwner=self.account)
            return True

        return read("s3:GetBucketLocation", ask, absent=dict.fromkeys(_FORBIDDEN, False))

    def _versioning(self) -> Versioning:
        found = self.s3.get_bucket_versioning(Bucket=self.name)
        return Versioning(found.get("Status"), mfa_delete=found.get("MFADelete") == "Enabled")

    def _notifications(self) -> dict[str, Any]:
        return plain(self.s3.get_bucket_notification_configuration(Bucket=self.name))

    def _lifecycle(self) -> Lifecycle:
        found = self.s3.get_bucket_lifecycle_configuration(Bucket=self.name)
        return Lifecycle(
            tuple(found.get("Rules", ())), found.get("TransitionDefaultMinimumObjectSize")
        )

    def _policy(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.s3.get_bucket_policy(Bucket=self.name)["Policy"])
        return found

    def _encryption(self) -> Encryption:
        found = self.s3.get_bucket_encryption(Bucket=self.name)
        return Encryption(tuple(found["ServerSideEncryptionConfiguration"]["Rules"]))

    def _key(self, name: str | None) -> Key | Unread | None:
        if name is None:
            return None
        described = read("kms:DescribeKey", lambda: self.kms.describe_key(KeyId=name))
        if isinstance(described, Unread):
            return described
        found = described["KeyMetadata"]
        arn, managed = found["Arn"], found.get("KeyManager") == "AWS"
        if managed or arn.split(":")[4] != self.account:
            return Key(arn, found["KeyState"], None, is_managed_by_aws=managed)
        policy = read("kms:GetKeyPolicy", lambda: self._key_policy(arn))
        return Key(arn, found["KeyState"], policy)

    def _key_policy(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
        )
        return found

    def _lock(self) -> dict[str, Any]:
        answer = self.s3.get_object_lock_configuration(Bucket=self.name)
        found: dict[str, Any] = answer["ObjectLockConfiguration"]
        return found

    def _replication(self) -> tuple[dict[str, Any], ...]:
        found = self.s3.get_bucket_replication(Bucket=self.name)["ReplicationConfiguration"]
        return tuple(found["Rules"])

    def _public_access(self) -> dict[str, bool]:
        answer = self.s3.get_public_access_block(Bucket=self.name)
        found: dict[str, bool] = answer["PublicAccessBlockConfiguration"]
        return found

    def _ownership(self) -> str:
        rules = self.s3.get_bucket_ownership_controls(Bucket=self.name)["OwnershipControls"]
        return str(rules["Rules"][0]["ObjectOwnership"])
