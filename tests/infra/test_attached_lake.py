import json
from dataclasses import replace

import pytest
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from cfnlint import api
from cfnlint.config import ManualArgs

from infra.accepted_findings import accepted_findings
from infra.app import WITHOUT_BUNDLES, build
from infra.environments import DEV, ExistingLake
from infra.stack import LakescrubStack
from tests.infra.conftest import Rendered, actions_of
from workflow.doctor.bucket_policy import NEEDED
from workflow.errors import UsageError

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REDUNDANT_DEPENDS_ON = "W3005"
LAKE_ARN = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::given-lake"]]}


def _app(**settings):
    lake = ExistingLake(bucket="given-lake", **settings)
    return build([replace(DEV, existing_lake=lake)], context=WITHOUT_BUNDLES)


def _template(app):
    return Rendered(Template.from_stack(app.node.find_child("lakescrub-dev")).to_json())


@pytest.fixture(scope="module")
def attached_app():
    return _app(key_arn=KEY)


@pytest.fixture(scope="module")
def attached(attached_app):
    return _template(attached_app)


def test_nothing_is_made_of_the_bucket_or_on_it(attached):
    assert attached.resources("AWS::S3::Bucket", path="Lake") == []
    assert attached.resources("AWS::S3::BucketPolicy", path="Lake") == []
    assert [kind for kind in _types(attached) if kind.startswith("Custom::")] == []


def _types(template):
    return [resource["Type"] for resource in template.body["Resources"].values()]


def test_rule_hands_every_new_object_of_the_bucket_to_the_intake(attached):
    rule = attached.properties("AWS::Events::Rule", path="Lake")
    queue = attached.logical_id("AWS::SQS::Queue", path="IntakeQueue")
    dead = attached.logical_id("AWS::SQS::Queue", path="IntakeDeadLetters")

    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["given-lake"]}},
    }
    assert rule["Targets"] == [
        {
            "Id": "Intake",
            "Arn": {"Fn::GetAtt": [queue, "Arn"]},
            "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [dead, "Arn"]}},
        }
    ]


@pytest.mark.parametrize("queue", ["IntakeQueue", "IntakeDeadLetters"])
def test_only_the_rule_may_send_to_the_intake(attached, queue):
    rule = attached.logical_id("AWS::Events::Rule", path="Lake")
    policy = attached.properties("AWS::SQS::QueuePolicy", path=queue)

    (statement,) = [
        each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"
    ]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}


def test_intake_is_encrypted_with_the_key_that_eventbridge_can_use(attached):
    assert attached.properties("AWS::SQS::Queue", path="IntakeQueue")["SqsManagedSseEnabled"]


def test_roles_reach_this_bucket_and_its_key_only(attached):
    statements = [
        statement
        for policy in attached.resources("AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]

    on_bucket = [each for each in statements if actions_of(each)[0].startswith("s3:")]
    on_key = [each for each in statements if actions_of(each)[0].startswith("kms:")]
    objects = {"Fn::Join": ["", [*LAKE_ARN["Fn::Join"][1][:-1], ":s3:::given-lake/*"]]}
    assert all(each["Resource"] in (LAKE_ARN, objects) for each in on_bucket)
    assert {each["Resource"] for each in on_key} == {KEY}


def test_roles_use_no_key_where_the_bucket_has_none():
    template = _template(_app())

    roles = [json.dumps(each) for each in template.resources("AWS::IAM::Policy")]
    assert not [role for role in roles if "kms:" in role]
    assert "LakeKeyArn" not in template.body["Outputs"]


@pytest.mark.parametrize("name", ["InspectObject", "ScrubObject"])
def test_runs_refuse_what_no_version_keeps_unless_that_is_allowed(attached, name):
    allowing = _template(_app(allow_unversioned=True))

    for template, needed in ((attached, True), (allowing, False)):
        function = template.properties("AWS::Lambda::Function", path=f"Tasks{name}")
        role = json.dumps(template.statements(f"Tasks{name}Role"))
        assert ("VERSIONS_NEEDED" in function["Environment"]["Variables"]) is needed
        assert ("s3:GetBucketVersioning" in role) is needed


def test_the_lake_of_its_own_asks_no_such_thing(template):
    assert "VERSIONS_NEEDED" not in template.to_text()


def test_outputs_say_what_doctor_holds_the_bucket_against(attached):
    outputs = attached.body["Outputs"]

    assert outputs["LakeBucket"]["Value"] == "given-lake"
    assert outputs["LakeKeyArn"]["Value"] == KEY
    assert outputs["ExistingLakeAllows"]["Value"] == "nothing"


def test_mfa_delete_and_erasing_versions_exclude_each_other():
    expected = "given-lake' has allow_mfa_delete.*set erase_versions to false for uploads"

    with pytest.raises(UsageError, match=expected):
        _app(allow_mfa_delete=True)


def test_linters_find_nothing_but_what_is_accepted_with_a_reason(attached_app, attached):
    stack = attached_app.node.find_child("lakescrub-dev")
    config = ManualArgs(
        regions=["us-east-1"], ignore_checks=[REDUNDANT_DEPENDS_ON], configure_rules={}
    )

    assert isinstance(stack, LakescrubStack)
    assert [str(match) for match in api.lint(attached.to_text(), config=config)] == []
    assert AwsSolutionsChecks(attached_app).validate_scope(stack).violations == []
    assert "Lake/Bucket/Resource" not in {each.path for each in accepted_findings(stack)}


ROLES = {
    "schedule_objects": "UploadsScheduleObjectsRole",
    "inspect_object": "TasksInspectObjectRole",
    "scrub_object": "TasksScrubObjectRole",
    "erase_version": "TasksEraseVersionRole",
    "sweep_overdue": "SweeperSweepOverdueRole",
    "crawler": "CatalogCrawlerRole",
}


def test_doctor_knows_what_each_role_needs_of_the_bucket(attached):
    granted = {
        name: {
            action
            for statement in attached.statements(path)
            for action in actions_of(statement)
            if action.startswith("s3:")
        }
        for name, path in ROLES.items()
    }

    assert granted == {name: set(actions) for name, actions in NEEDED.items()}


def test_doctor_knows_every_role_that_works_on_objects(attached):
    on_objects = [
        name
        for name, resource in attached.body["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and "given-lake" in json.dumps(resource)
    ]

    assert len(on_objects) == len(NEEDED)
