"""Apply the properties that the emulator's CloudFormation accepts and then drops.

ministack 1.5.33 reports CREATE_COMPLETE although these never took effect; without the TTL nothing
would ever fall due. Each is set here through the service's own API, as CloudFormation does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned

Repair = Callable[[Clients, "Provisioned"], None]


def repair(clients: Clients, resources: "list[Provisioned]") -> None:
    """Set every dropped property of the resources."""
    for resource in resources:
        for name in resource.properties:
            action = REPAIRS.get((resource.type, name))
            if action is not None:
                action(clients, resource)


def _time_to_live(clients: Clients, table: "Provisioned") -> None:
    setting = table.properties["TimeToLiveSpecification"]
    clients.get("dynamodb").update_time_to_live(
        TableName=table.physical_id,
        TimeToLiveSpecification={
            "Enabled": _true(setting["Enabled"]),
            "AttributeName": setting["AttributeName"],
        },
    )


def _point_in_time(clients: Clients, table: "Provisioned") -> None:
    setting = table.properties["PointInTimeRecoverySpecification"]
    clients.get("dynamodb").update_continuous_backups(
        TableName=table.physical_id,
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": _true(setting["PointInTimeRecoveryEnabled"])
        },
    )


def _table_encryption(clients: Clients, table: "Provisioned") -> None:
    setting = table.properties["SSESpecification"]
    chosen: dict[str, Any] = {"Enabled": _true(setting["SSEEnabled"])}
    if "SSEType" in setting:
        chosen["SSEType"] = setting["SSEType"]
    if "KMSMasterKeyId" in setting:
        chosen["KMSMasterKeyId"] = setting["KMSMasterKeyId"]
    clients.get("dynamodb").update_table(TableName=table.physical_id, SSESpecification=chosen)


def _bucket_encryption(clients: Clients, bucket: "Provisioned") -> None:
    rules = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    clients.get("s3").put_bucket_encryption(
        Bucket=bucket.physical_id,
        ServerSideEncryptionConfiguration={"Rules": [_encryption_rule(rule) for rule in rules]},
    )


def _encryption_rule(rule: dict[str, Any]) -> dict[str, Any]:
    by_default = rule["ServerSideEncryptionByDefault"]
    named = {"SSEAlgorithm": by_default["SSEAlgorithm"]}
    if "KMSMasterKeyID" in by_default:
        named["KMSMasterKeyID"] = by_default["KMSMasterKeyID"]
    made: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": named}
    if "BucketKeyEnabled" in rule:
        made["BucketKeyEnabled"] = _true(rule["BucketKeyEnabled"])
    return made


def _lifecycle(clients: Clients, bucket: "Provisioned") -> None:
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    clients.get("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket.physical_id,
        LifecycleConfiguration={"Rules": [lifecycle_rule(rule) for rule in rules]},
    )


def lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A template's lifecycle rule as the S3 API takes it."""
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "NoncurrentVersionExpiration" in rule:
        days = rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(days)}
    return made


def _bucket_tags(clients: Clients, bucket: "Provisioned") -> None:
    clients.get("s3").put_bucket_tagging(
        Bucket=bucket.physical_id, Tagging={"TagSet": bucket.properties["Tags"]}
    )


def _reserved_concurrency(clients: Clients, function: "Provisioned") -> None:
    clients.get("lambda").put_function_concurrency(
        FunctionName=function.physical_id,
        ReservedConcurrentExecutions=int(function.properties["ReservedConcurrentExecutions"]),
    )


def _true(value: object) -> bool:
    return str(value).lower() == "true"


REPAIRS: dict[tuple[str, str], Repair] = {
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): _point_in_time,
    ("AWS::DynamoDB::Table", "SSESpecification"): _table_encryption,
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): _time_to_live,
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"): _reserved_concurrency,
    ("AWS::S3::Bucket", "BucketEncryption"): _bucket_encryption,
    ("AWS::S3::Bucket", "LifecycleConfiguration"): _lifecycle,
    ("AWS::S3::Bucket", "Tags"): _bucket_tags,
}
