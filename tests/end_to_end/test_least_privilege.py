"""Every request that functions and state machine make, held against what their roles allow.

The embedded stack enforces roles as far as the emulator can; this is what AWS itself would ask
for. The way of objects below is made to reach each kind of request once.
"""

import io
import json
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.end_to_end.world import DELAY, World, eventually, row
from tests.least_privilege.grants import Grant, grants_of, refused, unused
from tests.least_privilege.needs import Account, needs_of
from workflow.local.faults import Fault
from workflow.transitions import ENDINGS, Status

# Granted, and used by no request that can be seen here. Each with its reason.
BY_THE_SERVICE = {
    "logs:CreateLogStream": "Lambda itself writes the log of a function",
    "logs:PutLogEvents": "Lambda itself writes the log of a function",
    "xray:PutTraceSegments": "the tracing daemon sends the traces",
    "xray:PutTelemetryRecords": "the tracing daemon sends the traces",
}
UNSEEN = {
    "UploadsScheduleObjects": {
        "sqs:GetQueueAttributes": "asked for when the event source mapping is created",
        "dynamodb:GetItem": "only for a notification that comes again",
        "s3:GetObject": "in a bucket without versions, where it cannot name one",
        "s3:GetObjectVersion": "only where the outcome of a write was not recorded",
        "s3:ListBucket": "only where the outcome of a write was not recorded",
        "kms:Decrypt": "only where the outcome of a write was not recorded",
    },
    "DueStartRuns": {
        "dynamodb:ListStreams": "asked for when the event source mapping is created",
        "sqs:SendMessage": "only for a batch that was given up",
    },
    "TasksInspectObject": {
        "s3:GetObjectVersion": "only where a rewrite of an older upload lies above the version",
    },
    "TasksScrubObject": {
        "s3:GetObjectTagging": "in a bucket without versions, where it cannot name one",
    },
    "TasksEraseVersion": {
        "s3:GetObjectRetention": "without it S3 leaves the lock out of HeadObject's answer",
        "s3:GetObjectLegalHold": "without it S3 leaves the lock out of HeadObject's answer",
    },
    "TasksCheckCatalog": {
        "glue:GetCrawler": "only where there is no table yet",
        "glue:CreatePartition": "the upload has added the partition, unless it could not",
    },
    "TasksRecordRejection": {},
    "SweeperSweepOverdue": {
        "sqs:SendMessage": "only for a tick that was given up",
        "states:DescribeExecution": "only where the timer was first after all",
        "s3:GetObject": "only for a version whose lock has ended",
        "s3:GetObjectVersion": "only for a version whose lock has ended",
        "s3:ListBucket": "only for a version whose lock has ended",
        "s3:DeleteObjectVersion": "only for a version whose lock has ended",
        "s3:GetObjectRetention": "only for a version whose lock has ended",
        "s3:GetObjectLegalHold": "only for a version whose lock has ended",
        "kms:Decrypt": "only for a version whose lock has ended",
    },
    "SweeperClock": {
        "lambda:InvokeFunction": "EventBridge Scheduler calls, each minute",
        "sqs:SendMessage": "only for a tick that cannot be handed over",
    },
    "FailuresRecordFailure": {"sqs:SendMessage": "only for an event that was given up"},
    "CatalogCrawler": dict.fromkeys(
        (
            "glue:GetDatabase",
            "glue:GetTable",
            "glue:GetTables",
            "glue:CreateTable",
            "glue:UpdateTable",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
            "glue:BatchCreatePartition",
            "glue:UpdatePartition",
            "glue:BatchUpdatePartition",
            "logs:CreateLogGroup",
            "s3:GetObject",
            "s3:ListBucket",
            "kms:Decrypt",
        ),
        "Glue itself crawls; what it asks for is not seen here",
    ),
    "Orchestration": {
        "glue:StartCrawler": "the upload has started the crawler, unless it could not",
        "xray:GetSamplingRules": "Step Functions itself samples",
        "xray:GetSamplingTargets": "Step Functions itself samples",
        **dict.fromkeys(
            (
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ),
            "Step Functions itself sets up and writes the log",
        ),
    },
}
TEMPLATE = Path(__file__).parents[2] / "infra" / "lakescrub-dev.template.json"
STACK = "lakescrub-dev-"
LATE_AFTER = 15 * 60
MINUTE = 60
MANY_ROWS = row("x", filler="y" * 1000) * 36_000


@pytest.fixture(scope="module")
def needs(stack):
    """What each role asked for, after the way of objects that reaches every kind of request."""
    with closing(World(stack)) as world:
        _walk(world)
        return _needs(stack)


def _needs(stack):
    account = _account(stack)
    found = defaultdict(list)
    # What a mapping asked for when it was made may be forgotten among the calls by now.
    for call in (*stack.seams.first_calls.values(), *stack.calls):
        # Other tests have roles of their own.
        if _part(call.role) in UNSEEN:
            found[_part(call.role)] += needs_of(call, account)
    return found


@pytest.fixture(scope="module")
def grants(stack):
    """What each role may do, with every name of the template resolved."""
    iam = stack.client("iam")
    found = {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        if _part(name) in UNSEEN:
            found[_part(name)] = [
                grant
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
                for grant in grants_of(_document(iam, name, policy))
            ]
    return found


def _document(iam, role, policy):
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    return json.loads(document) if isinstance(document, str) else document


def _part(role):
    return role.removeprefix(STACK).partition("Role")[0]


def _account(stack):
    schedule = stack.client("dynamodb").describe_table(TableName=stack.outputs["ScheduleTable"])
    queue = stack.outputs["IntakeQueueUrl"].rpartition("/")[2]
    number = stack.outputs["StateMachineArn"].split(":")[4]
    head = stack.client("s3").get_bucket_encryption(Bucket=stack.outputs["LakeBucket"])
    (rule,) = head["ServerSideEncryptionConfiguration"]["Rules"]
    return Account(
        region=stack.region,
        number=number,
        key=rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"],
        stream=schedule["Table"]["LatestStreamArn"],
        intake=f"arn:aws:sqs:{stack.region}:{number}:{queue}",
        secret=stack.outputs["HashKeysSecret"],
    )


def _walk(world):
    tagged = _processed(world, world.key(), row("x"), Tagging="team=a")
    _processed(world, world.key("unchanged.jsonl"), row(""), Tagging="team=a")
    _processed(world, world.key("columns.parquet", dataset="broken"), _columns())
    _processed(world, world.key("broken.jsonl"), b'{"id": \n')
    _processed(world, world.key("large.jsonl"), MANY_ROWS)
    _processed(world, world.key("large-broken.jsonl"), MANY_ROWS + b"{\n")
    _replaced(world, world.key("replaced.jsonl"))
    _failed(world, world.key("forbidden.jsonl"))
    _register_table(world)
    _processed(world, f"keyed/day=1/{tagged}.jsonl", row("x"))
    _fall_due_again(world, world.key(), tagged)
    _swept(world, world.key("late.jsonl"))


def _columns():
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "secret": ["x"]}), sink)
    return sink.getvalue()


def _processed(world, key, body, **parameters):
    version = world.upload(key, body, **parameters)
    world.run(key, version)
    return version


def _replaced(world, key):
    older = world.upload(key, row("x"))
    newer = world.upload(key, row("y"))
    world.fall_due()
    world.ended(key, older)
    world.ended(key, newer)


def _failed(world, key):
    version = world.upload(key, row("x"))
    with world.stack.intercept(
        function="ScrubObjectFunction",
        service="s3",
        operation="PutObject",
        action=Fault(403, "AccessDenied"),
    ):
        world.fall_due()
        world.wait(key, version, Status.FAILED)


def _swept(world, key):
    version = world.upload(key, row("x"))
    world.schedule_table.delete_item(Key={"path": str(world.path(key)), "version": version})
    world.stack.advance(DELAY + LATE_AFTER)
    sweeper = world.stack.outputs["SweepOverdueFunction"]
    world.stack.client("lambda").invoke(FunctionName=sweeper)

    def ended():
        # Time passes for an attempt that is to be made again.
        world.stack.advance(MINUTE)
        return world.entry(key, version).status in ENDINGS

    eventually(ended, what=f"the sweep of {key}")
    world.ended(key, version)


def _register_table(world):
    storage = {"Location": f"s3://{world.lake}/keyed/", "Columns": [{"Name": "id", "Type": "int"}]}
    world.stack.client("glue").create_table(
        DatabaseName=world.names.database,
        TableInput={
            "Name": "keyed",
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
        },
    )


def _fall_due_again(world, key, version):
    """Let the timer of an ended run expire once more, as a restored schedule would."""
    item = {"path": str(world.path(key)), "version": version, "dataset": "uploads"}
    world.schedule_table.put_item(Item={**item, "ttl": int(time.time())})
    world.fall_due()
    eventually(
        lambda: [
            call
            for call in world.stack.calls
            if "StartRuns" in call.role and call.operation == "DescribeExecution"
        ],
        what="a look at the run that exists",
    )


def test_the_walk_reached_the_rarer_requests(needs):
    actions = {need.action for wanted in needs.values() for need in wanted}

    assert {"s3:AbortMultipartUpload", "sns:Publish", "states:DescribeExecution"} <= actions


@pytest.mark.parametrize("part", UNSEEN)
def test_every_request_is_allowed(needs, grants, part):
    assert refused(needs[part], grants[part]) == []


@pytest.mark.parametrize("part", UNSEEN)
def test_every_grant_is_used_or_has_its_reason(needs, grants, part):
    unseen = unused(needs[part], grants[part]) - BY_THE_SERVICE.keys()

    # Other tests on the same stack may have reached some of the rare cases.
    assert unseen <= UNSEEN[part].keys()


def test_every_role_of_the_template_is_looked_at(grants):
    template = json.loads(TEMPLATE.read_text(encoding="utf-8"))

    roles = {
        _part(name)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    assert roles == grants.keys() == UNSEEN.keys()


@pytest.mark.parametrize("part", UNSEEN)
def test_a_permission_less_would_be_noticed(needs, grants, part):
    used = {grant.action for grant in grants[part]} - unused(needs[part], grants[part])

    for action in used:
        fewer = [grant for grant in grants[part] if grant.action != action]
        assert refused(needs[part], fewer), action


def test_a_permission_too_many_would_be_noticed(needs, grants):
    more = [*grants["TasksCheckCatalog"], Grant("s3:*", ("*",))]

    assert "s3:*" in unused(needs["TasksCheckCatalog"], more)
