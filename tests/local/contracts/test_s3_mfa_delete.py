"""Without the repair versions are erased without a device."""

import pytest
from botocore.exceptions import ClientError

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab

DEVICE = "arn:aws:iam::123456789012:mfa/root 123456"


def _bucket(lab: Lab) -> str:
    bucket = lab.bucket()
    lab.client("s3").put_bucket_versioning(
        Bucket=bucket,
        VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"},
        MFA=DEVICE,
    )
    return bucket


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import s3  # noqa: PLC0415 - loaded by the stack

    unshim(s3, "_put_bucket_versioning")

    found = lab.client("s3").get_bucket_versioning(Bucket=_bucket(lab))

    assert "MFADelete" not in found


def test_erases_a_version_with_the_device_only(lab: Lab) -> None:
    s3, bucket = lab.client("s3"), _bucket(lab)
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"a")["VersionId"]

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="a", VersionId=version)
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_object(Bucket=bucket, Key="a", VersionId=version, MFA=DEVICE)

    assert s3.get_bucket_versioning(Bucket=bucket)["MFADelete"] == "Enabled"
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)
