import json
from dataclasses import replace

from aws_cdk.assertions import Template

from infra.app import WITHOUT_BUNDLES, build
from infra.environments import DEV
from infra.lake_storage import lifecycle_rules
from workflow.policy import load_policies


def test_lake_keeps_versions_and_shuts_the_public_out(template):
    lake = template.properties("AWS::S3::Bucket", path="Lake")

    assert lake["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(lake["PublicAccessBlockConfiguration"].values())
    assert lake["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_lake_refuses_requests_without_tls(template):
    policy = template.properties("AWS::S3::BucketPolicy", path="Lake")

    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_lake_reports_every_new_object_to_the_intake_queue_by_its_own_configuration(template):
    queue = template.logical_id("AWS::SQS::Queue", path="IntakeQueue")

    lake = template.properties("AWS::S3::Bucket", path="Lake")
    assert lake["NotificationConfiguration"] == {
        "QueueConfigurations": [
            {"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": [queue, "Arn"]}}
        ]
    }
    assert not template.resources("Custom::S3BucketNotifications")


def test_lake_waits_for_the_queue_policy_that_lets_it_send(template):
    policy = template.logical_id("AWS::SQS::QueuePolicy", path="IntakeQueue")

    assert policy in template.only("AWS::S3::Bucket", path="Lake")["DependsOn"]


def test_lake_is_kept_in_production_and_goes_with_the_stack_in_development(template, prod):
    assert template.only("AWS::S3::Bucket", path="Lake")["DeletionPolicy"] == "Delete"
    assert prod.only("AWS::S3::Bucket", path="Lake")["DeletionPolicy"] == "Retain"


def test_lake_drops_incomplete_uploads_only_when_no_run_can_be_redriven_to_them(template):
    lake = template.properties("AWS::S3::Bucket", path="Lake")

    rules = {rule["Id"]: rule for rule in lake["LifecycleConfiguration"]["Rules"]}
    assert rules["drop-incomplete-uploads"]["AbortIncompleteMultipartUpload"] == {
        "DaysAfterInitiation": 15
    }


def test_lake_erases_versions_itself_a_month_after_a_run_should_have():
    policies = load_policies(
        "version: 1\n"
        "datasets:\n"
        "  mail: {prefix: mail/, after: 45d, erase_versions: true,\n"
        "    scrub: [{field: a, action: blank}]}\n"
        "  kept: {prefix: kept/, after: 1d, erase_versions: false,\n"
        "    scrub: [{field: a, action: blank}]}\n"
    )

    rules = {rule.id: rule for rule in lifecycle_rules(DEV, policies)}

    assert set(rules) == {"drop-incomplete-uploads", "erase-versions-of-mail"}
    assert rules["erase-versions-of-mail"].prefix == "mail/"
    assert rules["erase-versions-of-mail"].noncurrent_version_expiration.to_days() == 75


def test_data_and_query_results_are_encrypted_with_the_key_of_the_environment(template):
    key = template.logical_id("AWS::KMS::Key")

    for path in ("Lake", "QueriesResults"):
        bucket = template.properties("AWS::S3::Bucket", path=path)
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {
                "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
                "SSEAlgorithm": "aws:kms",
            },
        }


def test_a_given_key_takes_the_place_of_the_stacks_own():
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    environment = replace(DEV, data_key_arn=arn)

    app = build([environment], context=WITHOUT_BUNDLES)

    stack = app.node.find_child("lakescrub-dev")
    body = Template.from_stack(stack).to_json()
    kinds = [resource["Type"] for resource in body["Resources"].values()]
    assert "AWS::KMS::Key" not in kinds
    assert arn in json.dumps(body)
