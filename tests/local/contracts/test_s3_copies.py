"""Without the repair a copy overwrites what it must not."""

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import s3  # noqa: PLC0415 - loaded by the stack

    bucket, client = lab.bucket(), lab.client("s3")
    for key in ("source", "target"):
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    unshim(s3, "_copy_object")

    client.copy_object(
        Bucket=bucket,
        Key="target",
        CopySource={"Bucket": bucket, "Key": "source"},
        IfNoneMatch="*",
    )

    assert client.get_object(Bucket=bucket, Key="target")["Body"].read() == b"source"
