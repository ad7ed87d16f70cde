"""Deploy the committed template with one change of each kind; say what the running stack shows.

A program of its own, since a process holds no more than one stack. Nothing but the template differs
from what every other test runs.
"""

import json
import sys
import time
from pathlib import Path

from workflow.local.stack import EmbeddedStack

ROOT = Path(__file__).parents[2]
DATASETS = ROOT / "tests" / "end_to_end" / "datasets.yaml"
OBJECTS = 7


def changed(template):
    """Change a setting of each kind."""
    for resource in template["Resources"].values():
        change = CHANGES.get(resource["Type"])
        if change is not None:
            change(resource["Properties"])
    return template


def _queue(properties):
    if "RedrivePolicy" in properties:
        properties["VisibilityTimeout"] = 99
        properties["RedrivePolicy"]["maxReceiveCount"] = 7


def _table(properties):
    if "TimeToLiveSpecification" in properties:
        properties["TableName"] = "another-schedule"


def _function(properties):
    if properties["Handler"].startswith("functions.schedule_objects."):
        properties["FunctionName"] = "another-name"
        properties["MemorySize"] = 333
        properties["Timeout"] = 33
        properties["Environment"]["Variables"]["LOG_LEVEL"] = "ERROR"


def _mapping(properties):
    if "FilterCriteria" in properties:
        # New timers reach start_runs here, which takes no notice of them.
        pattern = {"eventName": ["INSERT"]}
        properties["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    else:
        properties["BatchSize"] = 3


def _machine(properties):
    properties["StateMachineName"] = "another-machine"


CHANGES = {
    "AWS::SQS::Queue": _queue,
    "AWS::DynamoDB::Table": _table,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::StepFunctions::StateMachine": _machine,
}


def seen(stack):
    """Look at the running stack: at its settings, and at what it does."""
    names = stack.outputs
    queue = stack.client("sqs").get_queue_attributes(
        QueueUrl=names["IntakeQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    function = stack.client("lambda").get_function_configuration(FunctionName="another-name")
    s3 = stack.client("s3")
    for number in range(OBJECTS):
        s3.put_object(
            Bucket=names["LakeBucket"], Key=f"dataset/{number}.jsonl", Body=b'{"secret": "x"}\n'
        )
    table, machine = names["ScheduleTable"], names["StateMachineArn"]
    deadline = time.monotonic() + 60
    while ignored(stack) < OBJECTS and time.monotonic() < deadline:
        time.sleep(0.2)
    batches = [
        len(call.params["Entries"])
        for call in stack.calls
        if call.operation == "DeleteMessageBatch" and "Entries" in call.params
    ]
    received = [
        int(call.params.get("MaxNumberOfMessages", 1))
        for call in stack.calls
        if call.operation == "ReceiveMessage"
    ]
    return {
        "visibility": queue["VisibilityTimeout"],
        "receives": json.loads(queue["RedrivePolicy"])["maxReceiveCount"],
        "memory": function["MemorySize"],
        "timeout": function["Timeout"],
        "log level": function["Environment"]["Variables"]["LOG_LEVEL"],
        "schedule table": table,
        "timers": stack.client("dynamodb").scan(TableName="another-schedule")["Count"],
        "machine": machine.rsplit(":", 1)[-1],
        "records of new timers": ignored(stack),
        "largest batch": max([*batches, *received]),
        "log lines": sum("upload_seen" in line for line in log_lines(stack, "ScheduleObjects")),
    }


def ignored(stack):
    """Count the records that start_runs was given and that are no removals by TTL."""
    metrics = [json.loads(line) for line in log_lines(stack, "StartRuns") if "_aws" in line]
    return sum(sum(each.get("RemovalsIgnored", [])) for each in metrics)


def log_lines(stack, name):
    """Give what a function wrote to its log."""
    settings = stack.client("lambda").get_function_configuration(
        FunctionName=stack.outputs[f"{name}Function"]
    )
    group = settings["LoggingConfig"]["LogGroup"]
    events = stack.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def main():
    template = json.loads((ROOT / "infra" / "lakescrub-dev.template.json").read_text())
    with EmbeddedStack.start(datasets=DATASETS, template=changed(template)) as stack:
        sys.stdout.write(json.dumps(seen(stack)))


if __name__ == "__main__":
    main()
