"""Event source mappings: partial failures, retries, bisection, destinations, filters, TTL."""

import json
import time
from collections.abc import Iterator
from typing import Any, Self

import pytest

from tests.local.lab import Lab, wait_for

# Writes down each batch in a bucket, and fails as its name says.
RECORDER = """
    import boto3, json, os

    class Broken(Exception):
        pass

    def handler(event, context):
        names = [name(record) for record in event["Records"]]
        boto3.client("s3").put_object(
            Bucket=os.environ["BUCKET"],
            Key=f"{context.aws_request_id}",
            Body=json.dumps({"names": names, "records": event["Records"]}),
        )
        if any(n.startswith("poison") for n in names) and os.environ["MODE"] == "raise":
            raise Broken("poison")
        if os.environ["MODE"] == "report":
            return {
                "batchItemFailures": [
                    {"itemIdentifier": identity(r)}
                    for r in event["Records"]
                    if name(r).startswith("poison")
                ]
            }

    def name(record):
        if "body" in record:
            return record["body"]
        return record["dynamodb"]["Keys"]["id"]["S"]

    def identity(record):
        return record.get("messageId") or record["dynamodb"]["SequenceNumber"]
"""


class Recorded:
    """A function that keeps its batches, behind one mapping."""

    def __init__(self, lab: Lab, mode: str = "none") -> None:
        self.lab = lab
        self.bucket = lab.bucket(versioned=False)
        variables = {"BUCKET": self.bucket, "MODE": mode}
        self.function = lab.function(RECORDER, Environment={"Variables": variables})
        self.mapping = ""

    def map(self, source: str, **settings: Any) -> "Recorded":
        made = self.lab.client("lambda").create_event_source_mapping(
            EventSourceArn=source, FunctionName=self.function, **settings
        )
        self.mapping = made["UUID"]
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lab.client("lambda").delete_event_source_mapping(UUID=self.mapping)

    def batches(self) -> list[list[str]]:
        return [batch["names"] for batch in self.read()]

    def read(self) -> list[dict[str, Any]]:
        s3 = self.lab.client("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        listed.sort(key=lambda found: found["LastModified"])
        return [
            json.loads(s3.get_object(Bucket=self.bucket, Key=found["Key"])["Body"].read())
            for found in listed
        ]

    def seen(self) -> set[str]:
        return {name for batch in self.batches() for name in batch}


def send(lab: Lab, url: str, *bodies: str) -> None:
    for body in bodies:
        lab.client("sqs").send_message(QueueUrl=url, MessageBody=body)


def write(lab: Lab, table: str, *ids: str, **more: Any) -> None:
    for identity in ids:
        lab.client("dynamodb").put_item(TableName=table, Item={"id": {"S": identity}, **more})


def left(lab: Lab, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = lab.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(count) for count in found["Attributes"].values())


def test_deletes_the_messages_that_were_processed(lab: Lab) -> None:
    url, queue = lab.queue()
    send(lab, url, "a", "b", "c")

    with Recorded(lab).map(queue, BatchSize=10) as recorded:
        wait_for(lambda: recorded.seen() == {"a", "b", "c"})
        wait_for(lambda: left(lab, url) == 0)

    record = recorded.read()[0]["records"][0]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == queue
    assert record["attributes"]["ApproximateReceiveCount"] == "1"


def test_returns_only_the_reported_messages_and_redrives_them(lab: Lab) -> None:
    dead, dead_arn = lab.queue()
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, queue = lab.queue(VisibilityTimeout="1", RedrivePolicy=policy)
    send(lab, url, "good", "poison")

    with Recorded(lab, "report").map(
        queue, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
    ) as recorded:
        wait_for(lambda: left(lab, dead) == 1)

    names = [name for batch in recorded.batches() for name in batch]
    assert (names.count("good"), names.count("poison")) == (1, 2)
    assert left(lab, url) == 0


def test_returns_the_whole_batch_when_the_function_raises(lab: Lab) -> None:
    url, queue = lab.queue(VisibilityTimeout="1")
    send(lab, url, "poison")

    with Recorded(lab, "raise").map(queue, BatchSize=10) as recorded:
        wait_for(lambda: len(recorded.batches()) >= 2)

    assert left(lab, url) == 1


def test_collects_messages_during_the_batching_window(lab: Lab) -> None:
    url, queue = lab.queue()

    with Recorded(lab).map(queue, BatchSize=100, MaximumBatchingWindowInSeconds=2) as recorded:
        send(lab, url, *(f"m{n}" for n in range(15)))
        wait_for(lambda: len(recorded.seen()) == 15)

    assert max(len(batch) for batch in recorded.batches()) > 10


def test_removes_messages_that_no_filter_wants(lab: Lab) -> None:
    url, queue = lab.queue()
    pattern = {"body": {"kind": ["wanted"]}}
    wanted = json.dumps({"kind": "wanted"})
    send(lab, url, json.dumps({"kind": "other"}), wanted)

    with Recorded(lab).map(
        queue, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]}
    ) as recorded:
        wait_for(lambda: left(lab, url) == 0)
        wait_for(recorded.seen)

    assert recorded.seen() == {wanted}


@pytest.fixture
def table(lab: Lab) -> Iterator[tuple[str, str]]:
    return lab.table()


def test_reads_a_stream_from_its_beginning_in_order(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    write(lab, name, "a", "b", "c", "d", "e")

    with Recorded(lab).map(stream, StartingPosition="TRIM_HORIZON", BatchSize=2) as recorded:
        wait_for(lambda: len(recorded.seen()) == 5)

    assert [n for batch in recorded.batches() for n in batch] == ["a", "b", "c", "d", "e"]
    assert max(len(batch) for batch in recorded.batches()) == 2
    record = recorded.read()[0]["records"][0]
    assert record["eventSourceARN"] == stream
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}}


def test_reads_a_stream_from_its_end_when_told_so(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    write(lab, name, "before")

    with Recorded(lab).map(stream, StartingPosition="LATEST") as recorded:
        lab.stack.refresh_sources()
        write(lab, name, "after")
        wait_for(recorded.seen)

    assert recorded.seen() == {"after"}


def test_goes_on_where_it_was_after_its_settings_change(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    write(lab, name, "a")

    with Recorded(lab).map(stream, StartingPosition="TRIM_HORIZON") as recorded:
        wait_for(recorded.seen)
        client = lab.client("lambda")
        client.update_event_source_mapping(UUID=recorded.mapping, Enabled=False)
        lab.stack.refresh_sources()
        write(lab, name, "b")
        client.update_event_source_mapping(UUID=recorded.mapping, Enabled=True, BatchSize=7)
        lab.stack.refresh_sources()
        wait_for(lambda: "b" in recorded.seen())

    assert recorded.batches() == [["a"], ["b"]]


def test_goes_on_at_the_lowest_reported_record(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    url, dead = lab.queue()
    write(lab, name, "a", "poison", "c")

    with Recorded(lab, "report").map(
        stream,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": dead}},
    ) as recorded:
        wait_for(lambda: left(lab, url) == 1)
        wait_for(lambda: "c" in [n for batch in recorded.batches()[1:] for n in batch])

    batches = recorded.batches()
    assert batches[0] == ["a", "poison", "c"]
    assert all("a" not in batch for batch in batches[1:])
    assert sum(batch == ["poison"] for batch in batches) == 2


def test_bisects_until_only_the_poison_is_lost(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    url, dead = lab.queue()
    write(lab, name, "a", "b", "poison", "d")

    with Recorded(lab, "raise").map(
        stream,
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": dead}},
    ) as recorded:
        wait_for(lambda: left(lab, url) == 1)
        wait_for(lambda: ["d"] in recorded.batches())

    assert recorded.batches() == [
        ["a", "b", "poison", "d"],
        ["a", "b"],
        ["poison", "d"],
        ["poison"],
        ["d"],
    ]


def test_reports_a_lost_batch_to_the_destination(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    url, dead = lab.queue()
    write(lab, name, "poison")

    with Recorded(lab, "raise").map(
        stream,
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": dead}},
    ) as recorded:
        found = wait_for(lambda: lab.client("sqs").receive_message(QueueUrl=url).get("Messages"))

    report = json.loads(found[0]["Body"])
    assert report["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert report["DDBStreamBatchInfo"]["streamArn"] == stream
    assert report["DDBStreamBatchInfo"]["batchSize"] == 1
    assert len(recorded.batches()) == 3


def test_gives_up_records_that_are_too_old(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    url, dead = lab.queue()
    write(lab, name, "poison")

    with Recorded(lab, "raise").map(
        stream,
        StartingPosition="TRIM_HORIZON",
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": dead}},
    ) as recorded:
        wait_for(recorded.batches)
        lab.stack.advance(61)
        found = wait_for(lambda: lab.client("sqs").receive_message(QueueUrl=url).get("Messages"))

    report = json.loads(found[0]["Body"])
    assert report["requestContext"]["condition"] == "RecordAgeExceeded"


def test_lets_only_removals_by_ttl_through_the_filter(lab: Lab, table: tuple[str, str]) -> None:
    name, stream = table
    far = {"ttl": {"N": "99999999999"}}
    pattern = {
        "eventName": ["REMOVE"],
        "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
    }
    write(lab, name, "by-hand", **far)
    write(lab, name, "due", ttl={"N": str(now() + 300)})
    write(lab, name, "later", ttl={"N": str(now() + 3000)})

    with Recorded(lab).map(
        stream,
        StartingPosition="TRIM_HORIZON",
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
    ) as recorded:
        lab.client("dynamodb").delete_item(TableName=name, Key={"id": {"S": "by-hand"}})
        lab.stack.advance(301)
        wait_for(recorded.seen)

    record = recorded.read()[0]["records"][0]
    assert recorded.seen() == {"due"}
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["dynamodb"]["OldImage"]["id"] == {"S": "due"}
    assert "NewImage" not in record["dynamodb"]


def test_shows_who_removed_an_item_as_the_streams_api_does(
    lab: Lab, table: tuple[str, str]
) -> None:
    name, stream = table
    streams = lab.client("dynamodbstreams")
    write(lab, name, "due", ttl={"N": str(now() + 1)})
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]

    def removed() -> list[dict[str, Any]]:
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        return [record for record in records if record["eventName"] == "REMOVE"]

    found = wait_for(removed)

    assert found[0]["userIdentity"] == {
        "PrincipalId": "dynamodb.amazonaws.com",
        "Type": "Service",
    }


def test_never_removes_what_expired_more_than_five_years_ago(
    lab: Lab, table: tuple[str, str]
) -> None:
    name, _ = table
    write(lab, name, "ancient", ttl={"N": "1000000"})

    lab.stack.advance(10)

    assert lab.client("dynamodb").scan(TableName=name)["Count"] == 1


def now() -> int:
    return int(time.time())
