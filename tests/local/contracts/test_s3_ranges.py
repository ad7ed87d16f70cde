"""Without the repair a range of a version is the whole object."""

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import s3  # noqa: PLC0415 - loaded by the stack

    bucket, client = lab.bucket(), lab.client("s3")
    version = client.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["VersionId"]
    unshim(s3, "_get_object")

    found = client.get_object(Bucket=bucket, Key="k", VersionId=version, Range="bytes=2-4")

    assert found["Body"].read() == b"0123456789"
