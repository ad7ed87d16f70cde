"""What AWS asks for before it answers a request: the reviewed table from requests to IAM actions.

Read it with https://docs.aws.amazon.com/service-authorization/latest/reference/ beside it. An
operation that is not here fails the test that met it, so that somebody looks it up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workflow.local.calls import Call


@dataclass(frozen=True)
class Need:
    """One action on one resource, with what IAM may ask of the request."""

    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Account:
    """Where the requests were made, and what they do not say themselves."""

    region: str
    number: str
    key: str
    stream: str
    intake: str
    secret: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.number}:{resource}"


Rule = Callable[[Call, Account], Iterator[Need]]


def needs_of(call: Call, account: Account) -> Iterator[Need]:
    """Yield everything that a role must be allowed for this request to be answered."""
    rule = RULES.get((call.service, call.operation))
    if rule is None:
        raise AssertionError(f"no row for {call.service}:{call.operation}: look up what it needs")
    yield from rule(call, account)


def _on_version(action: str, call: Call) -> Need:
    """A request that names a version needs the action with ``Version`` in its name."""
    wanted = call.params.get("versionId")
    name = action.replace("Object", "ObjectVersion") if wanted else action
    return Need(f"s3:{name}", call.resource)


def _key(action: str, account: Account) -> Need:
    """S3 uses the key in the caller's name."""
    via = f"s3.{account.region}.amazonaws.com"
    return Need(f"kms:{action}", account.key, {"kms:ViaService": via})


def _read(call: Call, account: Account) -> Iterator[Need]:
    yield _on_version("GetObject", call)
    # HeadObject too: S3 keeps the checksums encrypted.
    yield _key("Decrypt", account)
    # Without it a missing key answers 403, which reads like a missing permission.
    yield Need("s3:ListBucket", call.resource.partition("/")[0])


def _list(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("s3:ListBucket", f"arn:aws:s3:::{call.params['Bucket']}")


def _read_tags(call: Call, _account: Account) -> Iterator[Need]:
    yield _on_version("GetObjectTagging", call)


def _write_tags(call: Call, _account: Account) -> Iterator[Need]:
    yield _on_version("PutObjectTagging", call)


def _write(call: Call, account: Account) -> Iterator[Need]:
    yield Need("s3:PutObject", call.resource)
    yield _key("GenerateDataKey", account)
    if "x-amz-tagging" in call.headers:
        yield Need("s3:PutObjectTagging", call.resource)
    if "if-match" in call.headers:
        yield Need("s3:GetObject", call.resource)


def _write_part(call: Call, account: Account) -> Iterator[Need]:
    yield from _write(call, account)
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html: to encrypt a part S3
    # decrypts the upload's data key first.
    yield _key("Decrypt", account)


def _see_versioning(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("s3:GetBucketVersioning", f"arn:aws:s3:::{call.params['Bucket']}")


def _abort(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("s3:AbortMultipartUpload", call.resource)


def _delete(call: Call, _account: Account) -> Iterator[Need]:
    yield _on_version("DeleteObject", call)
    if call.headers.get("x-amz-bypass-governance-retention") == "true":
        yield Need("s3:BypassGovernanceRetention", call.resource)


def _table(call: Call, account: Account) -> Iterator[Need]:
    item = call.params.get("Item") or call.params.get("Key") or {}
    leading = [value["S"] for name, value in item.items() if name == "path"]
    name = f"table/{call.params['TableName']}"
    if "IndexName" in call.params:
        name = f"{name}/index/{call.params['IndexName']}"
    context = {"dynamodb:LeadingKeys": leading}
    yield Need(f"dynamodb:{call.operation}", account.arn("dynamodb", name), context)


def _stream(call: Call, account: Account) -> Iterator[Need]:
    yield Need(f"dynamodb:{call.operation}", account.stream)


def _queue(call: Call, account: Account) -> Iterator[Need]:
    yield Need(f"sqs:{call.operation.removesuffix('Batch')}", account.intake)


def _start_execution(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("states:StartExecution", call.params["stateMachineArn"])


def _describe_execution(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("states:DescribeExecution", call.params["executionArn"])


def _catalog(call: Call, account: Account) -> Iterator[Need]:
    """Glue checks the catalog, the database and the table."""
    database = call.params["DatabaseName"]
    table = call.params.get("TableName") or call.params["Name"]
    for resource in ("catalog", f"database/{database}", f"table/{database}/{table}"):
        yield Need(f"glue:{call.operation}", account.arn("glue", resource))


def _crawler(call: Call, account: Account) -> Iterator[Need]:
    yield Need(f"glue:{call.operation}", account.arn("glue", f"crawler/{call.params['Name']}"))


def _invoke(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("lambda:InvokeFunction", call.params["FunctionName"])


def _publish(call: Call, _account: Account) -> Iterator[Need]:
    yield Need("sns:Publish", call.params["TopicArn"])


def _secret(_call: Call, account: Account) -> Iterator[Need]:
    yield Need("secretsmanager:GetSecretValue", account.secret)


RULES: dict[tuple[str, str], Rule] = {
    ("s3", "HeadObject"): _read,
    ("s3", "GetBucketVersioning"): _see_versioning,
    ("s3", "GetObject"): _read,
    ("s3", "ListObjectsV2"): _list,
    ("s3", "GetObjectTagging"): _read_tags,
    ("s3", "PutObjectTagging"): _write_tags,
    ("s3", "PutObject"): _write,
    ("s3", "CreateMultipartUpload"): _write,
    ("s3", "UploadPart"): _write_part,
    ("s3", "CompleteMultipartUpload"): _write_part,
    ("s3", "AbortMultipartUpload"): _abort,
    ("s3", "DeleteObject"): _delete,
    ("dynamodb", "GetItem"): _table,
    ("dynamodb", "PutItem"): _table,
    ("dynamodb", "UpdateItem"): _table,
    ("dynamodb", "Query"): _table,
    ("dynamodbstreams", "DescribeStream"): _stream,
    ("dynamodbstreams", "GetShardIterator"): _stream,
    ("dynamodbstreams", "GetRecords"): _stream,
    ("sqs", "ReceiveMessage"): _queue,
    ("sqs", "DeleteMessage"): _queue,
    ("sqs", "DeleteMessageBatch"): _queue,
    ("stepfunctions", "StartExecution"): _start_execution,
    ("stepfunctions", "DescribeExecution"): _describe_execution,
    ("glue", "GetTable"): _catalog,
    ("glue", "GetPartition"): _catalog,
    ("glue", "CreatePartition"): _catalog,
    ("glue", "GetCrawler"): _crawler,
    ("glue", "StartCrawler"): _crawler,
    ("lambda", "Invoke"): _invoke,
    ("sns", "Publish"): _publish,
    ("secretsmanager", "GetSecretValue"): _secret,
}
