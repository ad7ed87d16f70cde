"""Without the repair a batch of deletions needs a permission that does not exist on AWS."""

import pytest
from botocore.exceptions import ClientError

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab
from workflow.local.credentials import role_session


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.core import iam_actions  # noqa: PLC0415 - loaded by the stack

    url, _ = lab.queue()
    session = role_session(lab.role("sqs:DeleteMessage"), name="contract")
    sqs = lab.stack.clients.get("sqs", session)
    entries = [{"Id": "1", "ReceiptHandle": "none"}]

    allowed = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    unshim(iam_actions, "extract_iam_action")
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    assert "Failed" in allowed


def test_asks_for_the_stream_the_crawler_and_the_parents_of_a_table(lab: Lab) -> None:
    from ministack.core import iam_actions  # noqa: PLC0415 - loaded by the stack

    def resource(service: str, target: str, body: bytes) -> str:
        headers = {"x-amz-target": target}
        found: str = iam_actions.extract_resource_arn(
            service, "POST", "/", headers, body, {}, "us-east-1", "123456789012"
        )
        return found.split(":", 5)[5]

    stream = b'{"StreamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/x"}'
    assert resource("dynamodbstreams", "DynamoDBStreams_20120810.DescribeStream", stream) == (
        "table/t/stream/x"
    )
    assert resource("glue", "AWSGlue.GetCrawler", b'{"Name": "c"}') == "crawler/c"
    assert resource("glue", "AWSGlue.GetTable", b'{"DatabaseName": "d", "Name": "t"}') == (
        "table/d/t"
    )
    table, database = "arn:aws:glue:*:*:table/d/t", "arn:aws:glue:*:*:database/d"
    glue = [table, database]
    session = role_session(lab.role("glue:GetTable", resource=glue), name="contract")
    with pytest.raises(ClientError, match="AccessDenied"):
        lab.stack.clients.get("glue", session).get_table(DatabaseName="d", Name="t")
