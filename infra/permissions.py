"""Who may do what: every statement of every role, action by action.

Nothing here ends in a wildcard action, and no construct calls one of CDK's ``grant`` methods:
what a role may do can be read here, in one place. Actions follow what S3 asks for: a request that
names a version needs the ``...Version`` action besides, a write with tags needs the tagging
action, If-Match needs GetObject, and without ListBucket S3 answers 403 for a missing key.
"""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.timer import WAKING_INDEX


def allow(sid: str, actions: Sequence[str], *resources: str) -> iam.PolicyStatement:
    """Allow ``actions`` on ``resources``; ``sid`` says what for."""
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources))


def receive_messages(queue: sqs.IQueue) -> list[iam.PolicyStatement]:
    """What Lambda needs to read a queue in the function's name."""
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return [allow("ReceiveMessages", actions, queue.queue_arn)]


def send_messages(queue: sqs.IQueue) -> list[iam.PolicyStatement]:
    """What Lambda needs to hand a failed batch to a queue."""
    return [allow("SendDeadLetters", ["sqs:SendMessage"], queue.queue_arn)]


def read_stream(table: dynamodb.Table) -> list[iam.PolicyStatement]:
    """What Lambda needs to read a table's stream in the function's name."""
    assert table.table_stream_arn is not None
    actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    return [
        allow("ReadStream", actions, table.table_stream_arn),
        # ListStreams knows no resource but the table's streams.
        allow("FindStream", ["dynamodb:ListStreams"], f"{table.table_arn}/stream/*"),
    ]


def schedule_versions(table: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Set a version's timer."""
    return [allow("SetTimers", ["dynamodb:PutItem"], table.table_arn)]


def open_entries(ledger: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Find the entries of a key and add one; entries that are there stay as they are."""
    actions = ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem"]
    return [allow("OpenEntries", actions, ledger.table_arn)]


def find_entries(ledger: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Find the entries of all versions of a key."""
    return [allow("FindEntries", ["dynamodb:Query"], ledger.table_arn)]


def find_waking(ledger: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Find what waits for its time, by the index alone."""
    return [allow("FindWaking", ["dynamodb:Query"], f"{ledger.table_arn}/index/{WAKING_INDEX}")]


def move_entries(ledger: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Read one entry and move it on. No role may delete one."""
    actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    return [allow("MoveEntries", actions, ledger.table_arn)]


def keep_policies(ledger: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Put a policy down under its digest; the key keeps this right away from entries."""
    statement = allow("KeepPolicies", ["dynamodb:PutItem"], ledger.table_arn)
    statement.add_condition("ForAllValues:StringLike", {"dynamodb:LeadingKeys": "policy#*"})
    return [statement]


def use_key(sid: str, bucket: s3.IBucket, action: str) -> list[iam.PolicyStatement]:
    """Use the key of a bucket, only by way of S3; a bucket that is there may have none of KMS."""
    if bucket.encryption_key is None:
        return []
    statement = allow(sid, [action], bucket.encryption_key.key_arn)
    statement.add_condition("StringEquals", {"kms:ViaService": f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"})
    return [statement]


def read_objects(lake: s3.IBucket) -> list[iam.PolicyStatement]:
    """Look at objects and read them, in any version."""
    actions = ["s3:GetObject", "s3:GetObjectVersion"]
    return [
        *use_key("Decrypt", lake, "kms:Decrypt"),
        allow("ReadObjects", actions, lake.arn_for_objects("*")),
        # No condition on prefixes: HeadObject, for which this is, has none. scrub_object also
        # looks for the metadata of tables with it.
        allow("TellMissingFromForbidden", ["s3:ListBucket"], lake.bucket_arn),
    ]


def see_versioning(lake: s3.IBucket) -> list[iam.PolicyStatement]:
    """See whether the bucket keeps versions."""
    return [allow("SeeVersioning", ["s3:GetBucketVersioning"], lake.bucket_arn)]


def rewrite_objects(lake: s3.IBucket) -> list[iam.PolicyStatement]:
    """Write over objects, and carry their tags over."""
    actions = [
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionTagging",
    ]
    return [
        *use_key("Encrypt", lake, "kms:GenerateDataKey"),
        allow("RewriteObjects", actions, lake.arn_for_objects("*")),
    ]


def read_hash_keys(secret: secretsmanager.ISecret) -> list[iam.PolicyStatement]:
    """Read the keys of keyed actions."""
    return [allow("ReadHashKeys", ["secretsmanager:GetSecretValue"], secret.secret_arn)]


def erase_versions(lake: s3.IBucket) -> list[iam.PolicyStatement]:
    """Delete one version by its id, after a look at its lock; a plain delete is not among them."""
    actions = ["s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"]
    return [allow("EraseVersions", actions, lake.arn_for_objects("*"))]


def start_runs(machine: sfn.StateMachine) -> list[iam.PolicyStatement]:
    """Start a run, and look at the one that already has the name."""
    return [
        allow("StartRuns", ["states:StartExecution"], machine.state_machine_arn),
        *look_at_runs(machine),
    ]


def look_at_runs(machine: sfn.StateMachine) -> list[iam.PolicyStatement]:
    """See how a run stands."""
    return [allow("LookAtRuns", ["states:DescribeExecution"], executions_of(machine))]


def call_function(function: lambda_.IFunction) -> iam.PolicyStatement:
    """Call one function."""
    return allow("Call", ["lambda:InvokeFunction"], function.function_arn)


def executions_of(machine: sfn.StateMachine) -> str:
    """The ARN of all executions of ``machine``."""
    return Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def check_tables(scope: Construct, *, database: str, crawler: str) -> list[iam.PolicyStatement]:
    """Look for a table and a partition, add a partition, see when the crawler last ran."""
    actions = ["glue:GetTable", "glue:GetPartition", "glue:CreatePartition"]
    return [
        allow("CheckTables", actions, *_tables(scope, database)),
        allow("SeeLastCrawl", ["glue:GetCrawler"], _glue(scope, "crawler", crawler)),
    ]


def start_crawler(scope: Construct, *, crawler: str) -> list[iam.PolicyStatement]:
    """Start the crawler."""
    return [allow("StartCrawler", ["glue:StartCrawler"], _glue(scope, "crawler", crawler))]


def crawl(scope: Construct, *, database: str, lake: s3.IBucket) -> list[iam.PolicyStatement]:
    """What the crawler needs: read the lake, write tables of one database, log."""
    actions = [
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
    ]
    logs = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name="/aws-glue/crawlers*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    log_actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    return [
        *use_key("Decrypt", lake, "kms:Decrypt"),
        allow("ReadLake", ["s3:GetObject"], lake.arn_for_objects("*")),
        allow("ListLake", ["s3:ListBucket"], lake.bucket_arn),
        allow("KeepTables", actions, *_tables(scope, database)),
        allow("Log", log_actions, logs),
    ]


def _tables(scope: Construct, database: str) -> list[str]:
    """Glue checks the catalog, the database and the table for each request on a table."""
    return [
        Stack.of(scope).format_arn(service="glue", resource="catalog"),
        _glue(scope, "database", database),
        _glue(scope, "table", f"{database}/*"),
    ]


def _glue(scope: Construct, resource: str, name: str) -> str:
    return Stack.of(scope).format_arn(service="glue", resource=resource, resource_name=name)
