def test_lake_keeps_versions_and_shuts_the_public_out(template):
    lake = template.properties("AWS::S3::Bucket", path="Lake")

    assert lake["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(lake["PublicAccessBlockConfiguration"].values())
    assert lake["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "BucketEncryption" in lake


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
