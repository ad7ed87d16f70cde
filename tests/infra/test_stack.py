import pytest
from aws_cdk.assertions import Annotations, Match

OUTPUTS = {
    "AlarmsTopicArn",
    "Crawler",
    "Database",
    "FailureDeadLetterQueueUrl",
    "HashKeysSecret",
    "IntakeDeadLetterQueueUrl",
    "IntakeQueueUrl",
    "LakeBucket",
    "LakeKeyArn",
    "LedgerTable",
    "RejectionsTopicArn",
    "ResultsBucket",
    "ScheduleTable",
    "StateMachineArn",
    "StreamDeadLetterQueueUrl",
    "SweeperDeadLetterQueueUrl",
    "Workgroup",
}


def test_outputs_give_every_name_that_a_client_needs(template):
    functions = {
        f"{''.join(word.capitalize() for word in name.split('_'))}Function"
        for name in (
            function["Properties"]["Handler"].split(".")[1]
            for function in template.resources("AWS::Lambda::Function")
        )
    }

    assert set(template.body["Outputs"]) == OUTPUTS | functions


def test_template_asks_for_no_parameter(template):
    assert "Parameters" not in template.body


def test_plain_cloudformation_needs_the_right_to_create_roles_but_not_to_name_them(template):
    named = [
        resource
        for kind in ("AWS::IAM::Role", "AWS::IAM::Policy")
        for resource in template.resources(kind)
        if "RoleName" in resource["Properties"]
    ]

    assert named == []


def test_every_bundle_is_looked_for_under_the_name_that_the_manual_gives(template, app):
    digests = app.node.find_child("lakescrub-dev").bundles.names()

    keys = {
        function["Properties"]["Code"]["S3Key"]
        for function in template.resources("AWS::Lambda::Function")
    }
    assert keys == {f"{digest}.zip" for digest in digests}


@pytest.mark.parametrize("name", ["lakescrub-dev", "lakescrub-prod"])
def test_cdk_has_nothing_to_warn_of(app, name):
    stack = app.node.find_child(name)

    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert [f"{each.id}: {each.entry.data}" for each in found] == []
