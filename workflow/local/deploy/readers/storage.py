"""S3 and DynamoDB."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.local.clients import Clients
from workflow.local.deploy.readers.shapes import parsed

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned


def table(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::DynamoDB::Table."""
    client, name = clients.get("dynamodb"), made.physical_id
    found = client.describe_table(TableName=name)["Table"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    encryption = found.get("SSEDescription", {})
    return {
        **found,
        "BillingMode": found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "TimeToLiveSpecification": {
            "Enabled": expiry["TimeToLiveStatus"] == "ENABLED",
            "AttributeName": expiry.get("AttributeName"),
        },
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        },
        "SSESpecification": {
            "SSEEnabled": encryption.get("Status") == "ENABLED",
            "SSEType": encryption.get("SSEType"),
            "KMSMasterKeyId": encryption.get("KMSMasterKeyArn"),
        },
    }


def bucket_policy(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::S3::BucketPolicy."""
    name = made.properties["Bucket"]
    found = clients.get("s3").get_bucket_policy(Bucket=name)["Policy"]
    return {"Bucket": name, "PolicyDocument": parsed(found)}


def bucket(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::S3::Bucket."""
    s3, name = clients.get("s3"), made.physical_id
    shown: dict[str, Any] = {"BucketName": name}
    for key, (operation, reshape) in _PARTS.items():
        if key in made.properties:
            shown[key] = reshape(_ask(s3, operation, name))
    return shown


def _ask(s3: Any, operation: str, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = getattr(s3, operation)(Bucket=name)
    except ClientError:
        return {}  # there is no such configuration
    return found


def _encryption(found: dict[str, Any]) -> dict[str, Any]:
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    return {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": rule.get("BucketKeyEnabled"),
                "ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
            }
            for rule in rules
        ]
    }


def _lifecycle(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "Rules": [
            {
                **rule,
                "Id": rule.get("ID"),
                "Prefix": rule.get("Filter", {}).get("Prefix"),
                "ExpirationInDays": rule.get("Expiration", {}).get("Days"),
            }
            for rule in found.get("Rules", [])
        ]
    }


def _notifications(found: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for kind, target in (("Queue", "Queue"), ("Topic", "Topic"), ("LambdaFunction", "Function")):
        listed = found.get(f"{kind}Configurations", [])
        name = "LambdaConfigurations" if kind == "LambdaFunction" else f"{kind}Configurations"
        shown[name] = [
            {
                target: each[f"{kind}Arn"],
                "Event": event,
                "Filter": {
                    "S3Key": {"Rules": each.get("Filter", {}).get("Key", {}).get("FilterRules")}
                },
            }
            for each in listed
            for event in each["Events"]
        ]
    shown["EventBridgeConfiguration"] = {"EventBridgeEnabled": "EventBridgeConfiguration" in found}
    return shown


def _member(name: str) -> Any:
    return lambda found: found.get(name, {})


_PARTS: dict[str, tuple[str, Any]] = {
    "BucketEncryption": ("get_bucket_encryption", _encryption),
    "LifecycleConfiguration": ("get_bucket_lifecycle_configuration", _lifecycle),
    "NotificationConfiguration": ("get_bucket_notification_configuration", _notifications),
    "OwnershipControls": ("get_bucket_ownership_controls", _member("OwnershipControls")),
    "PublicAccessBlockConfiguration": (
        "get_public_access_block",
        _member("PublicAccessBlockConfiguration"),
    ),
    "Tags": ("get_bucket_tagging", lambda found: found.get("TagSet", [])),
    "VersioningConfiguration": ("get_bucket_versioning", dict),
}
