from dataclasses import replace

import pytest

from tests.workflow.doctor.conftest import given
from workflow.doctor.bucket import Bucket, Versioning, check_bucket
from workflow.doctor.encryption import Encryption, Key
from workflow.doctor.findings import Severity, Unread
from workflow.doctor.lifecycle import Lifecycle

KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"
OTHER = "arn:aws:kms:eu-central-1:111122223333:key/2"
DELEGATING = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
}
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::lake/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
CLEAN = {
    "Status": "Enabled",
    "Filter": {},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 15},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 31},
}
BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
GOOD = Bucket(
    name="lake",
    region="eu-central-1",
    owned=True,
    versioning=Versioning("Enabled", mfa_delete=False),
    notifications={"EventBridgeConfiguration": {}},
    lifecycle=Lifecycle((CLEAN,)),
    policy={"Statement": [TLS]},
    encryption=Encryption(({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},)),
    key=None,
    lock=None,
    replication=(),
    public_access=BLOCKED,
    ownership="BucketOwnerEnforced",
)


def kms(key=KEY, *, algorithm="aws:kms", bucket_key=True):
    named = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rule = {"ApplyServerSideEncryptionByDefault": named, "BucketKeyEnabled": bucket_key}
    return Encryption((rule,))


def check(expected, **changes):
    return list(check_bucket(replace(GOOD, **changes), expected))


def found(expected, name, **changes):
    return [each for each in check(expected, **changes) if each.check == name]


def only(expected, name, **changes):
    (finding,) = found(expected, name, **changes)
    return finding


def test_a_bucket_that_fits_has_nothing_to_mend(expected):
    assert {each.severity for each in check(expected)} == {Severity.OK}


@pytest.mark.parametrize(
    "setting",
    [
        "region",
        "owned",
        "versioning",
        "notifications",
        "lifecycle",
        "policy",
        "encryption",
        "lock",
        "replication",
        "public_access",
        "ownership",
    ],
)
def test_what_cannot_be_read_is_unknown_and_stops_no_other_check(expected, setting):
    findings = check(expected, **{setting: Unread("your permission s3:X is missing")})

    unknown = [each for each in findings if each.severity is Severity.UNKNOWN]
    others = {each.severity for each in findings} - {Severity.UNKNOWN}
    assert {each.what for each in unknown} == {"not checked: your permission s3:X is missing"}
    assert others == {Severity.OK}


def test_a_bucket_elsewhere_is_out_of_reach(expected):
    region = only(expected, "region", region="us-west-2")
    owner = only(expected, "owner", owned=False)

    assert (region.severity, region.hint) == (Severity.PROBLEM, "deploy the stack in us-west-2")
    assert owner.severity is Severity.PROBLEM


@pytest.mark.parametrize("status", [None, "Suspended"])
def test_a_bucket_without_versions_needs_leave(expected, status):
    versioning = Versioning(status, mfa_delete=False)
    allowing = replace(expected, allows=frozenset({"unversioned"}))

    refused = only(expected, "versioning", versioning=versioning)
    allowed = only(allowing, "versioning", versioning=versioning)

    assert refused.severity is Severity.PROBLEM
    assert given(refused, "versioning-configuration") == "Status=Enabled"
    assert "allow_unversioned" in refused.hint
    assert allowed.severity is Severity.WARNING


def test_the_stacks_own_lake_keeps_versions_by_its_template(expected):
    own = replace(expected, existing=False)

    finding = only(own, "versioning", versioning=Versioning("Suspended", mfa_delete=False))

    assert "though the template says so" in finding.what
    assert finding.hint is None


def test_mfa_delete_needs_leave(expected):
    versioning = Versioning("Enabled", mfa_delete=True)
    allowing = replace(expected, allows=frozenset({"mfa-delete"}))

    refused = only(expected, "MFA delete", versioning=versioning)
    allowed = only(allowing, "MFA delete", versioning=versioning)
    lifecycle = only(allowing, "lifecycle", versioning=versioning, lifecycle=Lifecycle())

    assert refused.severity is Severity.PROBLEM
    assert given(refused, "versioning-configuration") == "Status=Enabled,MFADelete=Disabled"
    assert given(refused, "mfa") == "SERIAL CODE"
    assert allowed.severity is Severity.WARNING
    assert (lifecycle.severity, lifecycle.commands) == (Severity.WARNING, ())


def test_versions_and_mfa_delete_are_mended_by_one_command(expected):
    versioning = Versioning("Suspended", mfa_delete=True)

    by_version = only(expected, "versioning", versioning=versioning)
    by_device = only(expected, "MFA delete", versioning=versioning)

    assert by_version.commands == by_device.commands
    assert given(by_device, "versioning-configuration") == "Status=Enabled,MFADelete=Disabled"


def test_versions_stay_suspended_where_that_is_allowed(expected):
    allowing = replace(expected, allows=frozenset({"unversioned"}))

    finding = only(allowing, "MFA delete", versioning=Versioning("Suspended", mfa_delete=True))

    assert given(finding, "versioning-configuration") == "Status=Suspended,MFADelete=Disabled"


def test_wants_no_backstop_where_there_were_never_versions_and_need_be_none(expected):
    allowing = replace(expected, allows=frozenset({"unversioned"}))
    changes = {
        "versioning": Versioning(None, mfa_delete=False),
        "lifecycle": Lifecycle(({**CLEAN, "NoncurrentVersionExpiration": {}},)),
    }

    assert only(allowing, "lifecycle", **changes).severity is Severity.OK
    assert only(expected, "lifecycle", **changes).severity is Severity.PROBLEM


def test_eventbridge_is_switched_on_beside_the_notifications_of_others(expected):
    theirs = {"TopicConfigurations": [{"Id": "t", "TopicArn": "arn:t", "Events": ["s3:Object*"]}]}

    finding = only(expected, "notifications", notifications=theirs)

    configuration = given(finding, "notification-configuration")
    assert configuration == {**theirs, "EventBridgeConfiguration": {}}


def test_the_stacks_own_lake_tells_the_queue_itself(expected):
    own = replace(expected, existing=False)
    queue = {"QueueArn": own.intake_arn, "Events": ["s3:ObjectCreated:*"]}
    rules = [{"Name": "prefix", "Value": "a"}]
    other = {"QueueArn": "arn:other", "Events": ["s3:ObjectRemoved:*"]}

    good = only(own, "notifications", notifications={"QueueConfigurations": [queue]})
    filtered = {**queue, "Filter": {"Key": {"FilterRules": rules}}}
    partial = only(own, "notifications", notifications={"QueueConfigurations": [other, filtered]})
    none = only(own, "notifications", notifications={"EventBridgeConfiguration": {}})

    assert good.severity is Severity.OK
    mended = given(partial, "notification-configuration")
    assert mended == {"QueueConfigurations": [other, queue]}
    assert given(none, "notification-configuration") == {
        "EventBridgeConfiguration": {},
        "QueueConfigurations": [queue],
    }


def test_a_key_that_the_roles_may_use_is_well(expected):
    granted = replace(expected, key_arn=KEY)
    key = Key(KEY, "Enabled", DELEGATING)

    findings = check(granted, encryption=kms(), key=key)

    assert {each.severity for each in findings} == {Severity.OK}


def test_a_key_of_aws_needs_no_grant(expected):
    findings = check(expected, encryption=kms(None))

    assert {each.severity for each in findings} == {Severity.OK}


@pytest.mark.parametrize("granted", [None, OTHER])
def test_a_key_that_no_role_may_use_has_to_be_named_in_the_environment(expected, granted):
    attached = replace(expected, key_arn=granted)

    finding = only(attached, "encryption", encryption=kms(), key=Key(KEY, "Enabled", DELEGATING))

    assert finding.severity is Severity.PROBLEM
    assert f"key_arn='{KEY}'" in finding.hint


def test_a_key_is_told_before_anything_is_deployed(expected):
    before = replace(expected, existing=None)

    finding = only(before, "encryption", encryption=kms(), key=Key(KEY, "Enabled", DELEGATING))

    assert finding.severity is Severity.OK
    assert f"key_arn='{KEY}'" in finding.hint


def test_the_stacks_own_lake_gets_its_own_key_back(expected):
    own = replace(expected, existing=False, key_arn=OTHER)
    changes = {
        "encryption": kms(bucket_key=False),
        "key": Key(KEY, "Enabled", DELEGATING),
        "notifications": {
            "QueueConfigurations": [{"QueueArn": own.intake_arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    }

    wrong = only(own, "encryption", **changes)
    costly = only(own, "bucket key", **changes)

    assert wrong.commands == costly.commands
    (rule,) = given(wrong, "server-side-encryption-configuration")["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == OTHER
    assert rule["BucketKeyEnabled"] is True


def test_a_stack_that_does_not_tell_its_key_is_too_old_to_judge(expected):
    own = replace(expected, existing=False)

    finding = only(own, "encryption", encryption=kms(), key=Key(KEY, "Enabled", DELEGATING))

    assert (finding.severity, finding.hint) == (Severity.WARNING, "deploy the stack again")


@pytest.mark.parametrize(
    ("state", "operations"),
    [
        ("Disabled", ["enable-key"]),
        ("PendingDeletion", ["cancel-key-deletion", "enable-key"]),
        ("PendingImport", []),
    ],
)
def test_a_key_that_is_not_enabled_is_a_problem(expected, state, operations):
    granted = replace(expected, key_arn=KEY)

    finding = only(granted, "KMS key", encryption=kms(), key=Key(KEY, state, DELEGATING))

    assert finding.severity is Severity.PROBLEM
    assert [command.split()[2] for command in finding.commands] == operations


def allowing(**changes):
    return {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", **changes}


ROLE = "arn:aws:iam::111122223333:role/scrub_object-role"
BOTH = ["kms:Decrypt", "kms:GenerateDataKey*"]
BY_S3 = {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}


@pytest.mark.parametrize(
    "statements",
    [
        [allowing(Principal={"Service": "x"})],
        [allowing(Action="kms:Decrypt")],
        [allowing(Principal={"AWS": "arn:aws:iam::111122223333:role/other"})],
        [allowing(Condition={"StringEquals": {"aws:PrincipalAccount": "444455556666"}})],
        [allowing(Principal={"AWS": "arn:aws:iam::444455556666:root"})],
        [allowing(), {**allowing(), "Effect": "Deny"}],
        [allowing(), {**allowing(Action=["kms:decrypt"], Principal=ROLE), "Effect": "Deny"}],
    ],
)
def test_a_key_that_roles_may_not_use_by_its_policy_is_told(expected, statements):
    granted = replace(expected, key_arn=KEY)
    key = Key(KEY, "Enabled", {"Statement": statements})

    finding = only(granted, "KMS key", encryption=kms(), key=key)

    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "statements",
    [
        allowing(Principal="*", Condition=BY_S3),
        [allowing(Principal={"AWS": ROLE}, Action=BOTH)],
        [allowing(Principal={"AWS": [ROLE]}, Action=each) for each in BOTH],
        [allowing(Principal={"AWS": "111122223333"}, Action="*")],
        [allowing(), {**allowing(Principal={"AWS": "arn:aws:iam::1:role/x"}), "Effect": "Deny"}],
    ],
)
def test_a_key_is_usable_where_its_policy_allows_it_to_the_account_or_to_the_roles(
    expected, statements
):
    granted = replace(expected, key_arn=KEY)
    key = Key(KEY, "Enabled", {"Statement": statements})

    finding = only(granted, "KMS key", encryption=kms(), key=key)

    assert finding.severity is Severity.OK


def test_a_key_of_another_account_is_told_without_a_look_at_its_policy(expected):
    theirs = "arn:aws:kms:eu-central-1:444455556666:key/1"
    granted = replace(expected, key_arn=theirs)

    finding = only(granted, "KMS key", encryption=kms(theirs), key=Key(theirs, "Enabled", None))

    assert finding.severity is Severity.WARNING
    assert "444455556666" in finding.what


def test_the_key_that_aws_manages_needs_no_grant_where_it_is_named_either(expected):
    key = Key(KEY, "Enabled", DELEGATING, is_managed_by_aws=True)

    findings = check(expected, encryption=kms("alias/aws/s3"), key=key)

    assert {each.severity for each in findings} == {Severity.OK}


def test_asks_for_no_bucket_key_where_s3_takes_none(expected):
    own = replace(expected, existing=False, key_arn=OTHER)
    layered = kms(algorithm="aws:kms:dsse", bucket_key=False)

    finding = only(own, "encryption", encryption=layered, key=Key(KEY, "Enabled", DELEGATING))

    (rule,) = given(finding, "server-side-encryption-configuration")["Rules"]
    assert rule["BucketKeyEnabled"] is False


@pytest.mark.parametrize("policy", [Unread("no"), DELEGATING])
def test_a_key_whose_policy_is_not_known_is_unknown(expected, policy):
    granted = replace(expected, key_arn=KEY)

    finding = only(granted, "KMS key", encryption=kms(), key=Key(KEY, "Enabled", policy))

    assert (finding.severity is Severity.UNKNOWN) is isinstance(policy, Unread)


def test_a_lock_on_every_upload_delays_what_is_to_be_erased(expected):
    days = {"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}}
    years = {"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 2}}}

    assert "30 days (COMPLIANCE)" in only(expected, "Object Lock", lock=days).what
    assert "2 years (GOVERNANCE)" in only(expected, "Object Lock", lock=years).what
    assert only(expected, "Object Lock", lock={}).severity is Severity.OK


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ({"Status": "Enabled", "Filter": {"Prefix": ""}}, Severity.WARNING),
        ({"Status": "Enabled", "Prefix": "dataset/a"}, Severity.WARNING),
        ({"Status": "Enabled", "Filter": {"And": {"Prefix": "data"}}}, Severity.WARNING),
        ({"Status": "Enabled", "Filter": {"Prefix": "other/"}}, Severity.OK),
        ({"Status": "Disabled", "Filter": {}}, Severity.OK),
    ],
)
def test_replicas_of_a_dataset_keep_what_is_erased(expected, rule, severity):
    rule = {**rule, "Destination": {"Bucket": "arn:aws:s3:::copy"}}

    finding = only(expected, "replication", replication=(rule,))

    assert finding.severity is severity
    assert (finding.hint is not None) is (severity is Severity.WARNING)


def test_public_access_and_acls_are_worth_a_warning(expected):
    public = only(expected, "public access", public_access={**BLOCKED, "BlockPublicAcls": False})
    acls = only(expected, "ownership", ownership=None)

    assert (public.severity, acls.severity) == (Severity.WARNING, Severity.WARNING)
    assert "BlockPublicAcls=true" in public.commands[0]
    assert "BucketOwnerEnforced" in acls.commands[0]
