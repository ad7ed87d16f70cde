"""The lake against an S3 client that answers as the test says."""

import pytest
from botocore.exceptions import ClientError

from workflow.aws.lake import Lake
from workflow.errors import AccessDenied


class Client:
    def __init__(self, answer):
        self.answer = answer
        self.asked = None

    def list_objects_v2(self, **parameters):
        self.asked = parameters
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("whole", [True, False])
def test_one_look_shows_files_and_folders(whole):
    client = Client(
        {
            "IsTruncated": not whole,
            "Contents": [{"Key": "t/a.parquet"}],
            "CommonPrefixes": [{"Prefix": "t/_delta_log/"}],
        }
    )

    look = Lake(client).look_into("lake", "t/")

    assert client.asked == {"Bucket": "lake", "Prefix": "t/", "Delimiter": "/"}
    assert look == ({"t/a.parquet", "t/_delta_log/"}, whole)


def test_empty_folder_shows_nothing():
    assert Lake(Client({"IsTruncated": False})).look_into("lake", "t/") == (set(), True)


def test_what_may_not_be_listed_is_told_without_its_answer():
    client = Client(ClientError({"Error": {"Code": "AccessDenied", "Message": "x"}}, "List"))

    with pytest.raises(AccessDenied, match="ListObjectsV2 on s3://lake/t/: AccessDenied"):
        Lake(client).look_into("lake", "t/")
