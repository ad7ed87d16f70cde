"""The writer against an S3 client that answers as the test says."""

import pytest
from botocore.exceptions import ClientError

from workflow.aws.object_writer import ObjectWriter
from workflow.errors import ObjectChanged
from workflow.messages import ObjectPath

PART = 4


class Client:
    """Answers each operation with what it was given; an error is raised."""

    def __init__(self, **answers):
        self.answers = {
            "create_multipart_upload": {"UploadId": "u"},
            "upload_part": {"ETag": '"p"'},
            "put_object": {"ETag": '"e"'},
            **answers,
        }
        self.calls = []

    def __getattr__(self, operation):
        def call(**parameters):
            self.calls.append((operation, parameters))
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code):
    return ClientError({"Error": {"Code": code}}, "Operation")


def writer(client, body):
    begun = ObjectWriter(
        client,
        ObjectPath("lake", "a"),
        carried={},
        tags={"k": "v"},
        algorithm=None,
        part_bytes=PART,
    )
    begun.write(body)
    return begun


@pytest.mark.parametrize(("told", "version"), [({"VersionId": "v1"}, "v1"), ({}, None)])
def test_gives_the_version_that_it_wrote(told, version):
    client = Client(put_object={"ETag": '"e"', **told})

    assert writer(client, b"abc").commit(if_match="old").version_id == version


def test_takes_the_null_version_of_a_suspended_bucket_for_none():
    client = Client(put_object={"ETag": '"e"', "VersionId": "null"})

    assert writer(client, b"abc").commit(if_match="old").version_id is None


def test_does_not_hide_why_an_output_is_dropped():
    client = Client(
        complete_multipart_upload=refusal("PreconditionFailed"),
        abort_multipart_upload=refusal("NoSuchUpload"),
    )
    begun = writer(client, b"abcdef")

    with pytest.raises(ObjectChanged, match="CompleteMultipartUpload"):
        begun.commit(if_match="old")
    begun.drop()

    assert [operation for operation, _ in client.calls][-1] == "abort_multipart_upload"
