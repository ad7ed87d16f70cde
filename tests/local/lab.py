"""What the tests of the embedded stack build in it: small functions and small state machines."""

import io
import itertools
import json
import textwrap
import time
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

from workflow.local.stack import EmbeddedStack

T = TypeVar("T")
_NUMBERS = itertools.count(1)
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}


def wait_for(look: Callable[[], T | None], *, seconds: float = 15) -> T:
    """Look again and again until there is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise TimeoutError("waited in vain")


class Lab:
    """Makes resources with names of their own."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack

    def client(self, service: str) -> Any:
        return self.stack.client(service)

    def name(self, kind: str) -> str:
        return f"{kind}-{next(_NUMBERS)}"

    def now(self) -> str:
        """The stack's time, as DynamoDB writes a number."""
        return str(int(time.time()))

    def role(self, *actions: str, resource: str | list[str] = "*") -> str:
        """A role that may do these actions (default: everything)."""
        name = self.name("role")
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))[
            "Role"
        ]["Arn"]
        statement = {"Effect": "Allow", "Action": list(actions) or ["*"], "Resource": resource}
        iam.put_role_policy(
            RoleName=name,
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        return arn

    def function(self, code: str, *, role: str | None = None, **config: Any) -> str:
        """A function with this source."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("index.py", textwrap.dedent(code))
        name = self.name("function")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role or self.role(),
            Handler="index.handler",
            Code={"ZipFile": buffer.getvalue()},
            **{"Timeout": 10, **config},
        )
        return name

    def invoke(self, function: str, event: Any = None) -> tuple[str | None, Any]:
        """The kind of error, if any, and the payload."""
        answer = self.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def machine(self, definition: dict[str, Any], *, role: str | None = None) -> str:
        arn: str = self.client("stepfunctions").create_state_machine(
            name=self.name("machine"),
            definition=json.dumps(definition),
            roleArn=role or self.role(),
        )["stateMachineArn"]
        return arn

    def start(self, machine: str, given: Any = None, **more: Any) -> str:
        arn: str = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(given or {}), **more
        )["executionArn"]
        return arn

    def ended(self, execution: str, *, seconds: float = 15) -> dict[str, Any]:
        """Wait for the end of an execution."""
        states = self.client("stepfunctions")

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = states.describe_execution(executionArn=execution)
            return None if found["status"] == "RUNNING" else found

        return wait_for(look, seconds=seconds)

    def run(self, definition: dict[str, Any], given: Any = None) -> dict[str, Any]:
        return self.ended(self.start(self.machine(definition), given))

    def events(self, execution: str, **more: Any) -> list[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        return [
            event
            for page in pages.paginate(executionArn=execution, **more)
            for event in page["events"]
        ]

    def queue(self, **attributes: str) -> tuple[str, str]:
        """Address and ARN of a new queue."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=self.name("queue"), Attributes=attributes)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def table(self, **more: Any) -> tuple[str, str]:
        """Name and stream ARN of a new table with a TTL."""
        name = self.name("table")
        dynamodb = self.client("dynamodb")
        made = dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            **more,
        )["TableDescription"]
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
        )
        return name, made["LatestStreamArn"]

    def bucket(self, *, versioned: bool = True) -> str:
        name = self.name("bucket")
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name)
        if versioned:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def log(self, function: str) -> str:
        """Everything that a function has written."""
        logs, group = self.client("logs"), f"/aws/lambda/{function}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return ""
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in pages for event in page["events"])


def task(function: str, **more: Any) -> dict[str, Any]:
    """A state that invokes a function with the state's input and gives its payload."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **({} if "Next" in more else {"End": True}),
        **more,
    }


def one(state: dict[str, Any]) -> dict[str, Any]:
    """A machine with this one state."""
    return {"StartAt": "Only", "States": {"Only": state}}
