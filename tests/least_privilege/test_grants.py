import pytest

from tests.least_privilege.grants import Grant, grants_of, refused, unused
from tests.least_privilege.needs import Account, Need, needs_of
from workflow.local.calls import Call

READ = Need("s3:GetObject", "arn:aws:s3:::lake/a/b.json")


def test_a_grant_covers_its_action_on_its_resources():
    assert Grant("s3:GetObject", ("arn:aws:s3:::lake/*",)).covers(READ)
    assert not Grant("s3:GetObject", ("arn:aws:s3:::lake",)).covers(READ)
    assert not Grant("s3:GetObjectVersion", ("arn:aws:s3:::lake/*",)).covers(READ)


def test_a_condition_has_to_hold():
    need = Need("kms:Decrypt", "key", {"kms:ViaService": "s3.eu-central-1.amazonaws.com"})
    via = {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}
    other = {"StringEquals": {"kms:ViaService": "sqs.eu-central-1.amazonaws.com"}}

    assert Grant("kms:Decrypt", ("key",), via).covers(need)
    assert not Grant("kms:Decrypt", ("key",), other).covers(need)


@pytest.mark.parametrize(("path", "covered"), [("policy#1", True), ("s3://lake/a", False)])
def test_leading_keys_confine_a_grant_to_some_items(path, covered):
    only_policies = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "policy#*"}}
    need = Need("dynamodb:PutItem", "table", {"dynamodb:LeadingKeys": [path]})

    assert Grant("dynamodb:PutItem", ("table",), only_policies).covers(need) is covered


def test_an_unknown_condition_is_no_pass():
    grant = Grant("s3:GetObject", ("*",), {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}})

    with pytest.raises(KeyError):
        grant.covers(READ)


def test_statements_become_one_grant_for_each_action():
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
        ]
    }

    assert [grant.action for grant in grants_of(document)] == ["s3:GetObject", "s3:PutObject"]


def test_what_nobody_granted_is_refused_and_what_nobody_used_is_unused():
    grants = [Grant("s3:PutObject", ("arn:aws:s3:::lake/*",))]

    assert refused([READ], grants) == [READ]
    assert unused([READ], grants) == {"s3:PutObject"}


def test_an_operation_that_nobody_has_looked_up_is_no_pass():
    call = Call("s3", "DeleteBucket", "arn:aws:s3:::lake", params={}, headers={})
    account = Account("eu-central-1", "1", key="k", stream="s", intake="i", secret="x")

    with pytest.raises(AssertionError, match="no row for s3:DeleteBucket"):
        list(needs_of(call, account))
