"""Functions run as on Lambda: in processes of their own, with their role and their variables."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.local.lab import Lab, wait_for

ECHO = """
    def handler(event, context):
        return event
"""


def test_gives_back_what_the_handler_returns(lab: Lab) -> None:
    function = lab.function(ECHO)

    assert lab.invoke(function, {"a": [1, "é"]}) == (None, {"a": [1, "é"]})


def test_names_an_error_after_the_class_of_the_exception(lab: Lab) -> None:
    function = lab.function(
        """
        class MalformedThing(Exception):
            pass

        def handler(event, context):
            raise MalformedThing("no content")
        """
    )

    kind, payload = lab.invoke(function)

    assert kind == "Unhandled"
    assert payload["errorType"] == "MalformedThing"
    assert payload["errorMessage"] == "no content"
    assert "index.py" in "".join(payload["stackTrace"])
    assert "[ERROR] MalformedThing: no content" in lab.log(function)


def test_reuses_the_process_after_a_handled_exception(lab: Lab) -> None:
    function = lab.function(
        """
        import os

        def handler(event, context):
            if event == "fail":
                raise ValueError(str(os.getpid()))
            return os.getpid()
        """
    )

    _, first = lab.invoke(function, "pid")
    _, failed = lab.invoke(function, "fail")
    _, second = lab.invoke(function, "pid")

    assert first == second == int(failed["errorMessage"])
    assert first != os.getpid()


def test_shows_the_environment_of_lambda_and_nothing_of_the_host(lab: Lab) -> None:
    os.environ["LAKESCRUB_TEST_SECRET"] = "must not leak"
    function = lab.function(
        """
        import os

        def handler(event, context):
            return dict(os.environ)
        """,
        Environment={"Variables": {"MINE": "1"}},
    )

    _, variables = lab.invoke(function)

    assert variables["MINE"] == "1"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function
    assert variables["AWS_ENDPOINT_URL"] == lab.stack.endpoint
    assert variables["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "LAKESCRUB_TEST_SECRET" not in variables
    assert {name for name in variables if not name.startswith(("AWS_", "_X_AMZN"))} == {
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "MINE",
        "PATH",
        "TZ",
        "_HANDLER",
    }


def test_kills_a_function_that_runs_longer_than_its_timeout(lab: Lab) -> None:
    function = lab.function(
        """
        import time

        def handler(event, context):
            time.sleep(event)
            return context.get_remaining_time_in_millis()
        """,
        Timeout=1,
    )

    kind, payload = lab.invoke(function, 5)

    assert kind == "Unhandled"
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "timed out after 1.00 seconds" in payload["errorMessage"]
    assert 0 < lab.invoke(function, 0)[1] <= 1000


def test_reports_a_process_that_ends_by_itself(lab: Lab) -> None:
    function = lab.function(
        """
        import os

        def handler(event, context):
            print("last words", flush=True)
            os._exit(3)
        """
    )

    kind, payload = lab.invoke(function)

    assert kind == "Unhandled"
    assert payload["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in payload["errorMessage"]
    assert "last words" in lab.log(function)


def test_says_why_a_handler_cannot_be_imported(lab: Lab) -> None:
    missing = lab.function("import no_such_module\n")
    nameless = lab.function("x = 1\n")

    assert lab.invoke(missing)[1]["errorType"] == "Runtime.ImportModuleError"
    assert lab.invoke(nameless)[1]["errorType"] == "Runtime.HandlerNotFound"


def test_writes_what_a_function_prints_to_its_log_group(lab: Lab) -> None:
    function = lab.function(
        """
        import sys

        def handler(event, context):
            print("x" * 200_000)
            print("to stderr", file=sys.stderr)
        """
    )

    lab.invoke(function)

    text = lab.log(function)
    assert "x" * 200_000 in text
    assert "to stderr" in text
    assert "START RequestId" in text
    assert "REPORT RequestId" in text


def test_runs_concurrent_invocations_in_processes_of_their_own(lab: Lab) -> None:
    bucket = lab.bucket(versioned=False)
    function = lab.function(
        """
        import boto3, os, time

        def handler(event, context):
            s3 = boto3.client("s3")
            s3.put_object(Bucket=event, Key=context.aws_request_id, Body=b"")
            while s3.list_objects_v2(Bucket=event)["KeyCount"] < 3:
                time.sleep(0.05)
            return os.getpid()
        """
    )

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: lab.invoke(function, bucket), range(3)))

    assert len({pid for _, pid in answers}) == 3


def test_throttles_beyond_the_reserved_concurrency(lab: Lab) -> None:
    bucket = lab.bucket(versioned=False)
    function = lab.function(
        """
        import boto3

        def handler(event, context):
            boto3.client("s3").put_object(Bucket=event, Key="k", Body=b"")
        """
    )
    client = lab.stack.clients.get("lambda", patient=False)
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    pause = lab.stack.pause(service="s3", operation="PutObject", function=function)

    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(lab.invoke, function, bucket)
        pause.wait()
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.invoke(FunctionName=function)
        pause.release()

    assert busy.result() == (None, None)


def test_invokes_asynchronously(lab: Lab) -> None:
    bucket = lab.bucket()
    function = lab.function(
        """
        import boto3

        def handler(event, context):
            boto3.client("s3").put_object(Bucket=event["bucket"], Key="done", Body=b"")
        """
    )

    answer = lab.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps({"bucket": bucket})
    )

    assert answer["StatusCode"] == 202
    assert wait_for(lambda: lab.client("s3").list_objects_v2(Bucket=bucket).get("Contents"))


def test_lets_a_function_do_only_what_its_role_allows(lab: Lab) -> None:
    bucket = lab.bucket()
    lab.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    role = lab.role("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/*")
    function = lab.function(
        """
        import boto3

        def handler(event, context):
            s3 = boto3.client("s3")
            read = s3.get_object(Bucket=event, Key="a")["Body"].read().decode()
            try:
                s3.put_object(Bucket=event, Key="b", Body=b"")
            except s3.exceptions.ClientError as error:
                return [read, error.response["Error"]["Code"]]
        """,
        role=role,
    )

    assert lab.invoke(function, bucket) == (None, ["1", "AccessDenied"])


def test_answers_a_warm_function_within_a_few_milliseconds(lab: Lab) -> None:
    function = lab.function(ECHO)
    lab.invoke(function)

    spent = []
    for _ in range(20):
        begun = time.perf_counter()
        lab.invoke(function, {"n": 1})
        spent.append(time.perf_counter() - begun)

    assert min(spent) < 0.03  # the rest of the machine may be busy
