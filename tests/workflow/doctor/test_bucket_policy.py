from dataclasses import replace

import pytest

from tests.workflow.doctor.conftest import given
from workflow.doctor.bucket_policy import check_policy, with_roles_to_be
from workflow.doctor.findings import Severity

ROLE = "arn:aws:iam::111122223333:role/scrub_object-role"
OBJECTS = "arn:aws:s3:::lake/*"
TLS = {
    "Sid": "Tls",
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::lake", OBJECTS],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def deny(**changes):
    statement = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    return {**statement, "Resource": OBJECTS, **changes}


def check(expected, *statements):
    policy = {"Version": "2012-10-17", "Id": "theirs", "Statement": [TLS, *statements]}
    found = list(check_policy(policy, bucket="lake", expected=expected))
    return [each for each in found if each.check == "bucket policy"]


def severity(expected, *statements):
    (finding,) = check(expected, *statements)
    return finding.severity


def test_a_bucket_without_policy_only_wants_tls(expected):
    denials, tls = check_policy(None, bucket="lake", expected=expected)

    assert denials.severity is Severity.OK
    assert tls.severity is Severity.WARNING
    (statement,) = given(tls, "policy")["Statement"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == ["arn:aws:s3:::lake", OBJECTS]


def test_asks_for_tls_in_the_partition_of_the_lake(expected):
    elsewhere = replace(expected, region="cn-north-1")

    *_, tls = check_policy(None, bucket="lake", expected=elsewhere)

    assert given(tls, "policy")["Statement"][0]["Resource"][0] == "arn:aws-cn:s3:::lake"


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "s3:GetObject"},
        {"Resource": "arn:aws:s3:::other/*"},
        {"Principal": {"AWS": ROLE}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "Null": {"aws:x": "true"}}},
        {"Effect": "Allow"},
        {"Resource": "arn:aws:s3:::lake/dataset/*"},
        {"Resource": "arn:aws:s3:::lake/*.csv"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_less_than_a_denial_of_everything_without_tls_is_not_enough(expected, changes):
    policy = {"Statement": {**TLS, **changes}}

    found = list(check_policy(policy, bucket="lake", expected=expected))

    assert [each.severity for each in found if each.check == "TLS"] == [Severity.WARNING]


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "S3:*"},
        {"Resource": "*"},
        {"Resource": ["arn:aws:s3:::lake/dataset/*", "arn:aws:s3:::lake/mail/*"]},
        {"Condition": {"BoolIfExists": {"AWS:securetransport": ["false"]}}},
    ],
)
def test_a_denial_without_tls_of_all_that_datasets_hold_is_enough(expected, changes):
    policy = {"Statement": {**TLS, **changes}}

    found = list(check_policy(policy, bucket="lake", expected=expected))

    assert [each.severity for each in found if each.check == "TLS"] == [Severity.OK]


def test_a_statement_stands_alone_or_in_a_list(expected):
    found = list(check_policy({"Statement": TLS}, bucket="lake", expected=expected))

    assert [each.severity for each in found] == [Severity.OK, Severity.OK]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Action": ["s3:DeleteBucket", "s3:put*"]},
        {"Action": "*"},
        {"Principal": {"AWS": [ROLE]}},
        {"Principal": {"AWS": "111122223333"}},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Resource": "*"},
        {"Resource": "arn:aws:s3:::la*"},
        {"Resource": "arn:aws:s3:::lake/dataset/part-?.json"},
        {"Resource": "arn:aws:s3:::lake/dataset/one.json"},
        {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin*"}}},
        {"Condition": {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}},
        {"Condition": {"Null": {"aws:MultiFactorAuthAge": "true"}}},
        {"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.3}}},
        {"Condition": {"NumericGreaterThanEquals": {"s3:TlsVersion": "1.1"}}},
        {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}},
    ],
)
def test_sees_a_denial_of_what_a_role_needs_and_lets_it_spare_the_role(expected, changes):
    statement = deny(**changes)

    (finding,) = check(expected, statement)

    assert finding.severity is Severity.PROBLEM
    assert finding.what == "statement 'No' denies what these roles need: scrub_object"
    mended = given(finding, "policy")
    assert (mended["Id"], mended["Statement"][0]) == ("theirs", TLS)
    assert severity(expected, *mended["Statement"][1:]) is Severity.OK


def test_sees_a_denial_of_everything_but_some(expected):
    statement = deny(NotAction="s3:GetObject", NotResource="arn:aws:s3:::other/*")
    statement = {k: v for k, v in statement.items() if k not in ("Action", "Resource")}

    assert severity(expected, statement) is Severity.PROBLEM


def test_minds_no_denial_of_everything_but_what_is_needed(expected):
    statement = {k: v for k, v in deny(NotAction=["s3:*"]).items() if k != "Action"}

    assert severity(expected, statement) is Severity.OK


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "s3:DeleteObject"},
        {"Resource": "arn:aws:s3:::lake/private/*"},
        {"Resource": "arn:aws:s3:::lake"},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}},
        {"Effect": "Allow"},
        {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": [ROLE]}}},
        {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        {"Condition": {"NumericLessThan": {"s3:TlsVersion": "none"}}},
        {"Condition": {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}},
        {
            "Condition": {
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
                "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"},
            }
        },
    ],
)
def test_minds_no_denial_that_is_about_others(expected, changes):
    assert severity(expected, deny(**changes)) is Severity.OK


@pytest.mark.parametrize(
    "changes",
    [
        {"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"ForAnyValue:StringLike": {"aws:PrincipalArn": "*"}}},
        {"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ],
)
def test_warns_of_a_denial_that_depends_on_what_nobody_knows(expected, changes):
    (finding,) = check(expected, deny(**changes))

    assert finding.severity is Severity.WARNING
    assert finding.commands == ()
    assert "depending on" in finding.what


@pytest.mark.parametrize(
    ("prefix", "wanted"), [("dataset/", Severity.PROBLEM), ("mail/2026/", Severity.OK)]
)
def test_minds_no_denial_of_erasing_where_nothing_is_to_be_erased(expected, prefix, wanted):
    role = ROLE.replace("scrub_object", "erase_version")
    erasing = replace(expected, roles={"erase_version": role})
    statement = deny(Action="s3:DeleteObjectVersion", Resource=f"arn:aws:s3:::lake/{prefix}*")

    assert severity(erasing, statement) is wanted


def test_warns_of_a_denial_for_all_but_those_it_names(expected):
    statement = {k: v for k, v in deny().items() if k != "Principal"}

    named = {**statement, "NotPrincipal": {"AWS": [ROLE]}}
    not_named = {**statement, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/x"}}

    assert severity(expected, named) is Severity.WARNING
    assert severity(expected, not_named) is Severity.PROBLEM


def test_spares_the_roles_besides_whom_the_statement_spares_already(expected):
    theirs = {"ArnNotEquals": {"aws:principalarn": "arn:aws:iam::111122223333:role/theirs"}}

    (finding,) = check(expected, deny(Condition=theirs))

    spared = given(finding, "policy")["Statement"][1]["Condition"]["ArnNotEquals"]
    assert spared == {"aws:principalarn": ["arn:aws:iam::111122223333:role/theirs", ROLE]}


def test_only_warns_before_there_are_roles_to_spare(expected):
    (finding,) = check(replace(expected, existing=None), deny())

    assert finding.severity is Severity.WARNING
    assert "roles of the stack will need" in finding.what
    assert finding.commands == ()


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_knows_the_account_of_roles_to_be_in_every_partition(expected, region, partition):
    before = with_roles_to_be(replace(expected, existing=None, region=region))
    account = {"AWS": f"arn:{partition}:iam::111122223333:root"}

    assert severity(before, deny(Principal=account)) is Severity.WARNING


def test_mends_all_by_one_command(expected):
    found = list(check_policy({"Statement": deny()}, bucket="lake", expected=expected))

    (commands,) = {each.commands for each in found if each.commands}
    assert len(commands) == 1
    statements = given(found[0], "policy")["Statement"]
    again = list(check_policy({"Statement": statements}, bucket="lake", expected=expected))
    assert {each.severity for each in again} == {Severity.OK}


def test_says_when_the_policy_would_grow_too_long(expected):
    long = deny(Resource=[f"arn:aws:s3:::lake/{n:0>900}" for n in range(22)] + [OBJECTS])

    (finding,) = check(expected, long)

    assert finding.commands == ()
    assert finding.hint == "the mended policy would be over 20480 bytes: shorten it first"


def test_gives_its_statement_a_sid_that_is_free(expected):
    taken = deny(Sid="DenyWithoutTls", Effect="Allow")

    *_, tls = check_policy({"Statement": [taken]}, bucket="lake", expected=expected)

    sids = [each["Sid"] for each in given(tls, "policy")["Statement"]]
    assert sids == ["DenyWithoutTls", "DenyWithoutTls2"]
