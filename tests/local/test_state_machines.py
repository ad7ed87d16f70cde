"""State machines behave as on Step Functions: retries, names of errors, redrive, history."""

import json
import time
from typing import Any

import pytest

from tests.local.lab import Lab, one, task, wait_for

FLAKY = """
    import boto3

    class Transient(Exception):
        pass

    class Poison(Exception):
        pass

    def handler(event, context):
        s3 = boto3.client("s3")
        key = str(event.get("i", 0))
        mark = f"called/{key}/{context.aws_request_id}"
        s3.put_object(Bucket=event["bucket"], Key=mark, Body=b"")
        fails = event.get("fails")
        if fails == "always":
            raise Poison("bad")
        if fails == "until-mended":
            found = s3.list_objects_v2(Bucket=event["bucket"], Prefix="mended")
            if not found["KeyCount"]:
                raise Poison("not yet")
        if fails == "twice":
            found = s3.list_objects_v2(Bucket=event["bucket"], Prefix=f"called/{key}/")
            if found["KeyCount"] < 3:
                raise Transient("again")
        return {"i": event.get("i", 0), "ok": True}
"""


def calls(lab: Lab, bucket: str, i: int = 0) -> int:
    found = lab.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"called/{i}/")
    return int(found["KeyCount"])


def mend(lab: Lab, bucket: str) -> None:
    lab.client("s3").put_object(Bucket=bucket, Key="mended", Body=b"")


def retry(*names: str, **more: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(names), "IntervalSeconds": 1, "MaxAttempts": 3, **more}


def test_retries_by_the_class_name_of_the_exception(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(FLAKY)
    machine = lab.machine(one(task(function, Retry=[retry("Transient")])))

    execution = lab.start(machine, {"bucket": bucket, "fails": "twice"})
    wait_for(lambda: calls(lab, bucket) >= 1)
    while lab.client("stepfunctions").describe_execution(executionArn=execution)["status"] == (
        "RUNNING"
    ):
        lab.stack.advance(2)
        time.sleep(0.05)

    assert lab.ended(execution)["status"] == "SUCCEEDED"
    assert calls(lab, bucket) == 3


def test_does_not_retry_an_error_of_another_name(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(FLAKY)

    ended = lab.run(
        one(task(function, Retry=[retry("Transient")])), {"bucket": bucket, "fails": "always"}
    )

    assert (ended["status"], ended["error"]) == ("FAILED", "Poison")
    assert calls(lab, bucket) == 1


def test_ends_a_long_wait_when_the_clock_is_moved(lab: Lab) -> None:
    machine = lab.machine(one({"Type": "Wait", "Seconds": 86_400, "End": True}))
    execution = lab.start(machine)
    wait_for(lambda: len(lab.events(execution)) >= 2)

    lab.stack.advance(86_401)

    assert lab.ended(execution, seconds=5)["status"] == "SUCCEEDED"


def test_honours_the_longest_delay_of_a_retry(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(FLAKY)
    slow = retry("Transient", IntervalSeconds=100, MaxDelaySeconds=101, BackoffRate=50)
    machine = lab.machine(one(task(function, Retry=[slow])))
    execution = lab.start(machine, {"bucket": bucket, "fails": "twice"})

    for attempt in (1, 2):
        wait_for(lambda attempt=attempt: calls(lab, bucket) >= attempt)  # type: ignore[misc]
        time.sleep(0.2)
        lab.stack.advance(102)

    assert lab.ended(execution)["status"] == "SUCCEEDED"


def test_times_out_the_whole_machine(lab: Lab) -> None:
    machine = lab.machine(
        {**one({"Type": "Wait", "Seconds": 500, "End": True}), "TimeoutSeconds": 60}
    )
    execution = lab.start(machine)
    wait_for(lambda: len(lab.events(execution)) >= 2)

    lab.stack.advance(61)

    assert lab.ended(execution, seconds=5)["status"] == "TIMED_OUT"
    assert lab.events(execution)[-1]["type"] == "ExecutionTimedOut"


def test_redrives_from_the_failed_state_without_repeating_earlier_ones(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(FLAKY)
    machine = lab.machine(
        {
            "StartAt": "First",
            "States": {
                "First": task(function, ResultPath=None, OutputPath="$", Next="Second"),
                "Second": task(function, InputPath="$.second"),
            },
        }
    )
    second = {"bucket": bucket, "i": 2, "fails": "until-mended"}
    execution = lab.start(machine, {"bucket": bucket, "i": 1, "second": second})
    failed = lab.ended(execution)
    mend(lab, bucket)

    lab.client("stepfunctions").redrive_execution(executionArn=execution)
    ended = lab.ended(execution)

    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    assert (ended["status"], ended["redriveCount"]) == ("SUCCEEDED", 1)
    assert json.loads(ended["output"]) == {"i": 2, "ok": True}
    assert (calls(lab, bucket, 1), calls(lab, bucket, 2)) == (1, 2)
    events = lab.events(execution)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [e["type"] for e in events].count("ExecutionRedriven") == 1
    entered = [e["stateEnteredEventDetails"]["name"] for e in events if "Entered" in e["type"]]
    assert entered == ["First", "Second"]


def test_redrives_only_the_failed_iterations_of_a_map(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(FLAKY)
    machine = lab.machine(
        one(
            {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrency": 1,
                "ItemProcessor": one(task(function)),
                "End": True,
            }
        )
    )
    items = [{"bucket": bucket, "i": i} for i in range(3)]
    items[2]["fails"] = "until-mended"
    execution = lab.start(machine, {"items": items})
    assert lab.ended(execution)["status"] == "FAILED"
    mend(lab, bucket)

    lab.client("stepfunctions").redrive_execution(executionArn=execution)
    ended = lab.ended(execution)

    assert [item["i"] for item in json.loads(ended["output"])] == [0, 1, 2]
    assert [calls(lab, bucket, i) for i in range(3)] == [1, 1, 2]


def test_shows_the_redrive_count_in_the_context_object(lab: Lab) -> None:
    bucket, function = lab.bucket(), lab.function(FLAKY)
    shown = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": function,
            "Payload": {"execution.$": "$$.Execution", "bucket": bucket, "fails": "until-mended"},
        },
        "ResultPath": None,
        "Next": "Show",
    }
    show = {"Type": "Pass", "Parameters": {"execution.$": "$$.Execution"}, "End": True}
    machine = lab.machine({"StartAt": "Call", "States": {"Call": shown, "Show": show}})
    execution = lab.start(machine)
    lab.ended(execution)
    mend(lab, bucket)

    lab.client("stepfunctions").redrive_execution(executionArn=execution)

    context = json.loads(lab.ended(execution)["output"])["execution"]
    assert context["RedriveCount"] == 1
    assert context["Id"] == execution
    assert context["StartTime"].endswith("Z")
    assert "RedriveTime" in context


def test_refuses_to_redrive_what_has_succeeded(lab: Lab) -> None:
    states = lab.client("stepfunctions")
    execution = lab.start(lab.machine(one({"Type": "Succeed"})))
    lab.ended(execution)

    with pytest.raises(states.exceptions.ExecutionNotRedrivable):
        states.redrive_execution(executionArn=execution)


def test_stops_at_once_and_stays_aborted(lab: Lab) -> None:
    states = lab.client("stepfunctions")
    execution = lab.start(lab.machine(one({"Type": "Wait", "Seconds": 500, "End": True})))
    wait_for(lambda: len(lab.events(execution)) >= 2)

    states.stop_execution(executionArn=execution, error="Mine", cause="because")

    found = states.describe_execution(executionArn=execution)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Mine", "because")
    assert lab.events(execution)[-1]["type"] == "ExecutionAborted"


def test_starts_the_same_name_and_input_once(lab: Lab) -> None:
    states = lab.client("stepfunctions")
    machine = lab.machine(one({"Type": "Wait", "Seconds": 500, "End": True}))

    first = lab.start(machine, {"a": 1}, name="same")
    again = lab.start(machine, {"a": 1}, name="same")

    assert first == again
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        lab.start(machine, {"a": 2}, name="same")
    states.stop_execution(executionArn=first)
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        lab.start(machine, {"a": 1}, name="same")


def test_names_executions_that_were_started_without_a_name(lab: Lab) -> None:
    machine = lab.machine(one({"Type": "Succeed"}))

    assert lab.start(machine) != lab.start(machine)


def test_pages_through_the_history_in_both_directions(lab: Lab) -> None:
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(9)}
    states["S9"] = {"Type": "Succeed"}
    execution = lab.start(lab.machine({"StartAt": "S0", "States": states}))
    lab.ended(execution)

    forwards = [e["id"] for e in lab.events(execution, PaginationConfig={"PageSize": 7})]
    backwards = [
        e["id"] for e in lab.events(execution, reverseOrder=True, PaginationConfig={"PageSize": 7})
    ]

    assert forwards == list(range(1, 23))
    assert backwards == forwards[::-1]


def test_names_errors_of_sdk_integrations_as_aws_does(lab: Lab) -> None:
    ended = lab.run(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:glue:startCrawler",
                "Parameters": {"Name": "no-such-crawler"},
                "End": True,
            }
        )
    )

    assert ended["error"] == "Glue.EntityNotFoundException"


def test_publishes_to_a_topic_and_writes_to_a_table(lab: Lab) -> None:
    topic = lab.client("sns").create_topic(Name=lab.name("topic"))["TopicArn"]
    table, _ = lab.table()
    machine = {
        "StartAt": "Tell",
        "States": {
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {"TopicArn": topic, "Message": "x"},
                "ResultPath": None,
                "Next": "Put",
            },
            "Put": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem",
                "Parameters": {"TableName": table, "Item": {"id": {"S": "1"}}},
                "End": True,
            },
        },
    }

    assert lab.run(machine)["status"] == "SUCCEEDED"
    assert lab.client("dynamodb").scan(TableName=table)["Count"] == 1


def test_calls_with_the_permissions_of_the_machine_s_role_only(lab: Lab) -> None:
    table, _ = lab.table()
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {"TableName": table, "Item": {"id": {"S": "1"}}},
        "End": True,
    }
    machine = lab.machine(one(put), role=lab.role("sns:Publish"))

    ended = lab.ended(lab.start(machine))

    assert ended["status"] == "FAILED"
    assert "AccessDenied" in ended["error"]
    assert lab.client("dynamodb").scan(TableName=table)["Count"] == 0


def test_says_lambda_too_many_requests_when_a_function_is_throttled(lab: Lab) -> None:
    function = lab.function("def handler(event, context):\n    pass\n")
    lab.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )

    assert lab.run(one(task(function)))["error"] == "Lambda.TooManyRequestsException"


def test_reports_status_changes_to_event_bridge(lab: Lab) -> None:
    url, queue = lab.queue()
    events, rule = lab.client("events"), lab.name("rule")
    machine = lab.machine(one({"Type": "Fail", "Error": "Bad", "Cause": "why"}))
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED"], "stateMachineArn": [machine]},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue}])

    execution = lab.start(machine)

    message = wait_for(lambda: lab.client("sqs").receive_message(QueueUrl=url).get("Messages"))
    detail = json.loads(message[0]["Body"])["detail"]
    assert detail["executionArn"] == execution
    assert (detail["error"], detail["redriveStatus"]) == ("Bad", "REDRIVABLE")


def test_evaluates_a_map_of_a_thousand_items_one_by_one(lab: Lab) -> None:
    machine = one(
        {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 1,
            "ItemProcessor": one({"Type": "Pass", "End": True}),
            "End": True,
        }
    )

    ended = lab.run(machine, {"items": list(range(1000))})

    assert json.loads(ended["output"]) == list(range(1000))
