"""Without the repair the tags of a version are lost below a delete marker."""

import pytest
from botocore.exceptions import ClientError

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import s3  # noqa: PLC0415 - loaded by the stack

    bucket, client = lab.bucket(), lab.client("s3")
    version = client.put_object(Bucket=bucket, Key="k", Tagging="a=1")["VersionId"]
    client.delete_object(Bucket=bucket, Key="k")
    unshim(s3, "_get_object_tagging")

    with pytest.raises(ClientError, match="NoSuchKey"):
        client.get_object_tagging(Bucket=bucket, Key="k", VersionId=version)
