"""What race tests hold on to: recorded calls, pauses, faults, killed workers."""

import threading

import pytest
from botocore.exceptions import ClientError

from tests.local.lab import Lab, wait_for
from workflow.local.faults import Fault, throttle

PUTTER = """
    import boto3

    def handler(event, context):
        boto3.client("s3").put_object(Bucket=event, Key="k", Body=b"from the function")
        return "done"
"""


def test_records_who_called_what(lab: Lab) -> None:
    bucket, role = lab.bucket(), lab.role()
    function = lab.function(PUTTER, role=role)

    lab.invoke(function, bucket)

    found = [c for c in lab.stack.calls if c.operation == "PutObject" and c.caller == function]
    assert len(found) == 1
    assert found[0].service == "s3"
    assert found[0].resource == f"arn:aws:s3:::{bucket}/k"
    assert found[0].role == role.rpartition("/")[2]
    assert found[0].status == 200


def test_records_the_calls_of_the_state_machine(lab: Lab) -> None:
    topic = lab.client("sns").create_topic(Name=lab.name("topic"))["TopicArn"]
    role = lab.role()
    definition = {
        "StartAt": "Tell",
        "States": {
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {"TopicArn": topic, "Message": "x"},
                "End": True,
            }
        },
    }

    lab.ended(lab.start(lab.machine(definition, role=role)))

    found = [c for c in lab.stack.calls if c.operation == "Publish" and c.resource == topic]
    assert [call.role for call in found] == [role.rpartition("/")[2]]


def test_pauses_a_function_right_before_its_write(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(PUTTER)
    pause = lab.stack.pause(service="s3", operation="PutObject", function=function)
    running = threading.Thread(target=lab.invoke, args=(function, bucket))
    running.start()

    call = pause.wait()
    before = lab.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"]
    lab.client("s3").put_object(Bucket=bucket, Key="k", Body=b"from the test")
    pause.release()
    running.join()

    versions = lab.client("s3").list_object_versions(Bucket=bucket)["Versions"]
    assert call.params["Key"] == "k"
    assert before == 0
    assert len(versions) == 2


def test_forgets_a_pause_that_no_call_reached(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(PUTTER)

    with lab.stack.pause(service="s3", operation="PutObject", function=function) as pause:
        pass

    assert lab.invoke(function, bucket) == (None, "done")
    assert pause.call is None


def test_kills_a_function_right_after_its_write(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(PUTTER)
    pause = lab.stack.pause(service="s3", operation="PutObject", function=function, when="after")
    answers: list[tuple[str | None, dict[str, str]]] = []
    running = threading.Thread(target=lambda: answers.append(lab.invoke(function, bucket)))
    running.start()
    pause.wait()

    killed = lab.stack.kill_workers(function)
    pause.release()
    running.join()

    assert killed == 1
    assert answers[0][1]["errorType"] == "Runtime.ExitError"
    assert lab.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs", "stepfunctions", "sns", "glue"])
def test_fails_calls_in_the_shape_of_each_service(lab: Lab, service: str) -> None:
    call, operation = {
        "dynamodb": ("list_tables", "ListTables"),
        "s3": ("list_buckets", "ListBuckets"),
        "sqs": ("list_queues", "ListQueues"),
        "stepfunctions": ("list_state_machines", "ListStateMachines"),
        "sns": ("list_topics", "ListTopics"),
        "glue": ("get_databases", "GetDatabases"),
    }[service]
    client = lab.stack.clients.get(service, patient=False)

    with (
        lab.stack.intercept(
            service=service, operation=operation, action=throttle(service), times=1
        ),
        pytest.raises(ClientError) as failed,
    ):
        getattr(client, call)()

    getattr(client, call)()
    assert failed.value.response["Error"]["Code"] == throttle(service).code


def test_fails_the_second_of_three_writes_after_its_effect(lab: Lab) -> None:
    bucket, s3 = lab.bucket(), lab.stack.clients.get("s3", patient=False)
    codes = []

    with lab.stack.intercept(
        service="s3",
        operation="PutObject",
        action=Fault(500, "InternalError"),
        when="after",
        nth=2,
        times=1,
    ) as rule:
        for number in range(3):
            try:
                s3.put_object(Bucket=bucket, Key=str(number), Body=b"")
                codes.append("ok")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])

    assert codes == ["ok", "InternalError", "ok"]
    assert len(rule.hits) == 1
    assert wait_for(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"]) == 3


@pytest.mark.parametrize(
    ("call", "arguments", "operation"),
    [
        ("copy_object", {"Key": "c", "CopySource": {"Bucket": "b", "Key": "k"}}, "CopyObject"),
        ("create_multipart_upload", {"Key": "k"}, "CreateMultipartUpload"),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "k"}]}}, "DeleteObjects"),
        ("get_bucket_versioning", {}, "GetBucketVersioning"),
        ("get_object_tagging", {"Key": "k"}, "GetObjectTagging"),
        ("head_object", {"Key": "k"}, "HeadObject"),
        ("list_object_versions", {}, "ListObjectVersions"),
        ("list_objects_v2", {}, "ListObjectsV2"),
    ],
)
def test_recognises_operations_of_s3(
    lab: Lab, call: str, arguments: dict[str, object], operation: str
) -> None:
    s3 = lab.stack.clients.get("s3", patient=False)

    with (
        lab.stack.intercept(
            service="s3", operation=operation, action=Fault(418, "Seen"), times=1
        ) as rule,
        pytest.raises(ClientError),
    ):
        getattr(s3, call)(Bucket="b", **arguments)

    assert len(rule.hits) == 1
