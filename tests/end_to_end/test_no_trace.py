"""Nothing of a scrubbed value is left anywhere that one of our parts wrote to or read from."""

import base64
import gzip
import json
import uuid

import pytest

from tests.end_to_end.world import eventually, row
from workflow.local.faults import Fault
from workflow.transitions import Status

ROWS = 1_000


class Marker:
    """A random text that all values of a test begin with; finding it finds any of them."""

    def __init__(self):
        self.text = f"trace{uuid.uuid4().hex}"

    def value(self, number):
        return f"{self.text}-{number:04d}-é"

    def forms(self):
        """Give the text in every form that it might hide in."""
        plain = self.text.encode()
        yield plain
        yield "".join(f"\\u{ord(letter):04x}" for letter in self.text).encode()
        yield plain.decode().encode("utf-16-le")
        for shift in range(3):
            # What stands before and after only changes the outermost letters.
            yield base64.b64encode(b"x" * shift + plain)[4:-4]

    def found_in(self, haystack):
        return [form for form in self.forms() if form in haystack]


def objects(world, bucket, prefix=""):
    """Give the bytes of all versions in a bucket, decompressed where they are compressed."""
    pages = world.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in page.get("Versions", ()):
            body = world.s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])[
                "Body"
            ].read()
            yield gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def tables(world):
    client = world.stack.client("dynamodb")
    for table in (world.names.ledger_table, world.names.schedule_table):
        for page in client.get_paginator("scan").paginate(TableName=table):
            yield repr(page["Items"]).encode()


def queues(world):
    client = world.stack.client("sqs")
    for url in client.list_queues().get("QueueUrls", ()):
        answer = client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
        )
        yield repr(answer.get("Messages")).encode()


def histories(world, key):
    for execution in world.executions(key):
        pages = world.states.get_paginator("get_execution_history").paginate(
            executionArn=execution["executionArn"]
        )
        for page in pages:
            yield repr(page["events"]).encode() + repr(execution).encode()


def function_logs(world):
    client = world.stack.client("logs")
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            found = client.filter_log_events(logGroupName=group["logGroupName"])
            yield repr(found["events"]).encode()


def query(world, sql):
    athena = world.stack.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": world.names.database},
        WorkGroup=world.names.workgroup,
    )["QueryExecutionId"]

    def ended():
        execution = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        return execution if execution["Status"]["State"] not in ("QUEUED", "RUNNING") else None

    assert eventually(ended, what=sql)["Status"]["State"] == "SUCCEEDED"
    return athena.get_query_results(QueryExecutionId=started)


@pytest.mark.parametrize("compress", [False, True])
def test_leaves_no_trace_of_a_thousand_values(world, compress):
    marker = Marker()
    body = b"".join(row(marker.value(number), n=number) for number in range(ROWS))
    clean = b"".join(row("", n=number) for number in range(ROWS))
    key = world.key("a.jsonl.gz" if compress else "a.jsonl")
    version = world.upload(key, gzip.compress(body) if compress else body)
    assert any(marker.found_in(each) for each in objects(world, world.lake, key))

    entry = world.run(key, version)

    results = repr(query(world, f"SELECT * FROM {world.table()}"))
    assert entry.status is Status.PROCESSED
    assert list(objects(world, world.lake, key)) == [clean]
    assert world.s3.list_multipart_uploads(Bucket=world.lake).get("Uploads", []) == []
    for place in (
        objects(world, world.names.results_bucket),
        tables(world),
        queues(world),
        histories(world, key),
        function_logs(world),
        [results.encode()],
    ):
        for seen in place:
            assert marker.found_in(seen) == []


STEPS = {
    "InspectObject reads the ledger": ("InspectObject", "dynamodb", "GetItem"),
    "InspectObject looks at the object": ("InspectObject", "s3", "HeadObject"),
    "InspectObject claims the entry": ("InspectObject", "dynamodb", "UpdateItem"),
    "ScrubObject reads the tags": ("ScrubObject", "s3", "GetObjectTagging"),
    "ScrubObject reads the object": ("ScrubObject", "s3", "GetObject"),
    "ScrubObject announces its write": ("ScrubObject", "dynamodb", "UpdateItem"),
    "ScrubObject writes the object": ("ScrubObject", "s3", "PutObject"),
    "EraseVersion erases": ("EraseVersion", "s3", "DeleteObject"),
    "CheckCatalog looks for the table": ("CheckCatalog", "glue", "GetTable"),
}


@pytest.mark.parametrize("step", STEPS)
def test_leaks_nothing_of_an_unexpected_error(world, step):
    function, service, operation = STEPS[step]
    marker = Marker()
    key = world.key()
    world.upload(key, row(marker.value(1)))
    world.intercept(
        function=f"{function}Function",
        service=service,
        operation=operation,
        action=Fault(418, "418", marker.value(2)),
    )

    world.fall_due()
    arn = eventually(lambda: world.executions(key), what="the run")[0]["executionArn"]
    execution = world.execution_ended(arn, impatient=True)

    assert execution["status"] == "FAILED"
    assert execution["error"] == "UnexpectedError"
    assert "418" in json.loads(execution["cause"])["errorMessage"]
    for place in (tables(world), queues(world), histories(world, key), function_logs(world)):
        for seen in place:
            assert marker.found_in(seen) == []


def test_finds_a_value_in_each_form():
    marker = Marker()
    value = marker.value(7)

    for shift in range(6):
        hidden = base64.b64encode(b"y" * shift + json.dumps({"a": value}).encode())
        assert marker.found_in(hidden)
    assert marker.found_in(json.dumps(value).encode())
    assert marker.found_in(value.encode("utf-16"))
    assert marker.found_in("".join(f"\\u{ord(letter):04x}" for letter in value).encode())
    assert not marker.found_in(Marker().value(7).encode())
