"""A template is deployed as it is, or not at all."""

import json
import pathlib
from typing import Any

import pytest

from tests.local.lab import Lab
from workflow.local.deploy.deployment import DeploymentFailed, deploy, read_template
from workflow.local.stack import EmbeddedStack

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
    },
}


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def put(lab: Lab, **resources: Any) -> dict[str, str]:
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    template = {"Resources": resources, "Outputs": outputs}
    return deploy(lab.stack.clients, template, name=lab.name("stack")).outputs


def test_gives_every_output_of_the_committed_template(stack: EmbeddedStack) -> None:
    template = read_template(pathlib.Path("infra/lakescrub-dev.template.json"))

    assert set(stack.outputs) == set(template["Outputs"])
    assert stack.deployed.name == "lakescrub-dev"


def test_applies_what_the_emulator_s_cloudformation_drops(lab: Lab) -> None:
    made = put(
        lab,
        Items=TABLE,
        Files=bucket(
            BucketEncryption={
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
                ]
            },
            LifecycleConfiguration={
                "Rules": [{"Id": "x", "Status": "Enabled", "ExpirationInDays": 3}]
            },
            Tags=[{"Key": "team", "Value": "a"}],
        ),
    )

    dynamodb, s3 = lab.client("dynamodb"), lab.client("s3")
    expiry = dynamodb.describe_time_to_live(TableName=made["Items"])["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=made["Files"])["Rules"]
    assert rules[0]["Expiration"] == {"Days": 3}
    assert {"Key": "team", "Value": "a"} in s3.get_bucket_tagging(Bucket=made["Files"])["TagSet"]


def test_fails_when_a_property_does_not_take_effect(lab: Lab) -> None:
    cors = {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}

    with pytest.raises(DeploymentFailed) as failed:
        put(lab, Files=bucket(CorsConfiguration=cors))

    assert "Files (AWS::S3::Bucket): CorsConfiguration" in str(failed.value)


def test_fails_when_part_of_a_property_does_not_take_effect(lab: Lab) -> None:
    rule = {"Id": "x", "Status": "Enabled", "ExpirationInDays": 3}
    later = {"StorageClass": "GLACIER", "TransitionInDays": 1}

    with pytest.raises(DeploymentFailed) as failed:
        put(
            lab,
            Files=bucket(LifecycleConfiguration={"Rules": [{**rule, "Transitions": [later]}]}),
        )

    assert "Files (AWS::S3::Bucket): LifecycleConfiguration.Rules.Transitions" in str(failed.value)


def test_fails_for_a_resource_type_that_it_does_not_know(lab: Lab) -> None:
    with pytest.raises(DeploymentFailed) as failed:
        put(lab, Files={"Type": "AWS::EFS::FileSystem", "Properties": {}})

    assert "Files (AWS::EFS::FileSystem)" in str(failed.value)


def test_names_the_resource_that_could_not_be_created(lab: Lab) -> None:
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": "no-such-bucket", "PolicyDocument": {"Statement": []}},
    }

    with pytest.raises(DeploymentFailed) as failed:
        put(lab, Policy=policy)

    assert "Policy" in str(failed.value)


@pytest.mark.parametrize("text", ["{", None])
def test_refuses_a_template_that_cannot_be_read(tmp_path: pathlib.Path, text: str | None) -> None:
    file = tmp_path / "my.template.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(DeploymentFailed) as failed:
        read_template(file)

    assert str(file) in str(failed.value)


def test_deploys_other_settings_without_a_change_of_code(lab: Lab) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 77}}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
            "Policies": [
                {
                    "PolicyName": "p",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
                    },
                }
            ],
        },
    }
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.14",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Timeout": 7,
            "ReservedConcurrentExecutions": 3,
            "Code": {
                "ZipFile": "import os\ndef handler(e, c):\n    return [os.environ['A'], c."
                "get_remaining_time_in_millis() > 6000]\n"
            },
            "Environment": {"Variables": {"A": {"Ref": "Queue"}}},
        },
    }
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "FunctionName": {"Ref": "Function"},
            "BatchSize": 3,
            "ScalingConfig": {"MaximumConcurrency": 4},
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"x": [1]}})}]},
        },
    }

    made = put(lab, Queue=queue, Role=role, Function=function, Mapping=mapping)

    assert lab.invoke(made["Function"]) == (None, [made["Queue"], True])
    found = lab.client("lambda").get_event_source_mapping(UUID=made["Mapping"])
    assert (found["BatchSize"], found["ScalingConfig"]) == (3, {"MaximumConcurrency": 4})
