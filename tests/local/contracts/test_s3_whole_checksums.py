"""Without the repair the right checksum of a whole upload is refused."""

import base64
import zlib

import pytest
from botocore.exceptions import ClientError

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import s3  # noqa: PLC0415 - loaded by the stack

    bucket, client = lab.bucket(), lab.client("s3")
    unshim(s3, "_complete_multipart_upload")
    begun = client.create_multipart_upload(
        Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
    )
    given = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    part = client.upload_part(**given, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32")

    with pytest.raises(ClientError, match="BadDigest"):
        client.complete_multipart_upload(
            **given,
            ChecksumType="FULL_OBJECT",
            ChecksumCRC32=base64.b64encode(zlib.crc32(b"x").to_bytes(4, "big")).decode(),
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
        )
