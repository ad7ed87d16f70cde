"""Without the repair an upload in parts loses its tags."""

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import s3  # noqa: PLC0415 - loaded by the stack

    bucket, client = lab.bucket(), lab.client("s3")
    unshim(s3, "_create_multipart_upload")
    begun = client.create_multipart_upload(Bucket=bucket, Key="k", Tagging="a=1")
    given = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    part = client.upload_part(**given, PartNumber=1, Body=b"x")

    client.complete_multipart_upload(
        **given, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )

    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
