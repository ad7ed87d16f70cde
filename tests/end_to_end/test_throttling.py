"""Many objects due in the same second, and few functions: everything waits its turn, nothing fails.

The waits are the state machine's own, on the stack's clock. Time passes only while some function
is free: then nobody waits longer than on AWS, where functions are slower and time does not jump.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.world import row
from workflow.messages import RunInput, execution_name

CONCURRENCY = 5
STEP = 2
LOOK = 0.1
LOOKS_A_ROUND = 10
UPLOADERS = 4


@pytest.fixture
def narrow(world):
    """Let no function run more often at once than the limit, and the intake not ask for more."""
    functions = world.stack.client("lambda")
    names = world.names.functions.values()
    queue = world.names.intake_queue_url.rpartition("/")[2]
    (intake,) = (
        each
        for each in functions.list_event_source_mappings()["EventSourceMappings"]
        if each["EventSourceArn"].endswith(f":{queue}")
    )

    def limit_intake(number):
        functions.update_event_source_mapping(
            UUID=intake["UUID"], ScalingConfig={"MaximumConcurrency": number}
        )
        world.stack.refresh_sources()

    for name in names:
        functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=CONCURRENCY
        )
    limit_intake(CONCURRENCY)
    yield
    limit_intake(intake["ScalingConfig"]["MaximumConcurrency"])
    for name in names:
        functions.delete_function_concurrency(FunctionName=name)


def _uploaded(world, count):
    """Upload objects; give the input of each one's run once each has its timer."""
    keys = [world.key(f"{number:05}.jsonl") for number in range(count)]
    with ThreadPoolExecutor(UPLOADERS) as threads:
        versions = list(threads.map(lambda key: world.upload(key, row("x")), keys))
    return [
        RunInput(world.path(key), version, 1) for key, version in zip(keys, versions, strict=True)
    ]


def _let_time_pass(world, uploads, *, seconds):
    """Let time pass whenever a function is free, until all runs have ended.

    Returns:
        How the runs ended, and the most refused calls that were seen at once.
    """
    deadline = time.monotonic() + seconds
    refused = 0
    while "RUNNING" in (endings := _endings(world, uploads)) or len(endings) < len(uploads):
        for _ in range(LOOKS_A_ROUND):
            time.sleep(LOOK)
            if world.stack.invocations < CONCURRENCY:
                world.stack.advance(STEP)
        refused = max(refused, _refusals(world))
        assert time.monotonic() < deadline, Counter(endings)
    return Counter(endings), refused


def _endings(world, uploads):
    """Give the status of each upload's execution."""
    wanted = {execution_name("uploads", run) for run in uploads}
    pages = world.states.get_paginator("list_executions").paginate(
        stateMachineArn=world.names.state_machine_arn, PaginationConfig={"PageSize": 1000}
    )
    return [
        each["status"] for page in pages for each in page["executions"] if each["name"] in wanted
    ]


def _refusals(world):
    return sum(call.status == 429 and call.operation == "Invoke" for call in world.stack.calls)


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(100, 200), pytest.param(2000, 1800, marks=[pytest.mark.soak, pytest.mark.timeout(2400)])],
)
def test_objects_due_in_the_same_second_all_end_however_few_run_at_once(
    world, narrow, count, seconds
):
    dead_before = _dead_letters(world)
    uploads = _uploaded(world, count)

    world.fall_due()
    endings, refused = _let_time_pass(world, uploads, seconds=seconds)

    assert refused > 0
    assert endings == {"SUCCEEDED": count}
    assert Counter(_statuses(world, uploads)) == {"processed": count}
    assert _dead_letters(world) == dead_before


def _statuses(world, uploads):
    """Give what the ledger says of each upload, from one scan."""
    pages = (
        world.stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=world.names.ledger_table, ConsistentRead=True)
    )
    known = {(str(run.path), run.version) for run in uploads}
    return [
        item["status"]["S"]
        for page in pages
        for item in page["Items"]
        if (item["path"]["S"], item["version"]["S"]) in known
    ]


def _dead_letters(world):
    sqs = world.stack.client("sqs")
    urls = [url for name, url in world.stack.outputs.items() if "DeadLetterQueue" in name]
    return sum(
        int(
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
                "Attributes"
            ]["ApproximateNumberOfMessages"]
        )
        for url in urls
    )
