from dataclasses import replace

import pytest

from infra.environments import DEV, ExistingLake, environment_named
from workflow.errors import UsageError


def test_environment_is_found_by_name():
    assert environment_named("dev") is DEV


def test_unknown_environment_is_refused_with_the_names_that_are_known():
    with pytest.raises(UsageError, match="unknown environment 'stage'; known are: dev, prod"):
        environment_named("stage")


@pytest.mark.parametrize("name", ["", "Dev", "1st", "-", "a_b", "a" * 21])
def test_environment_name_must_fit_into_every_fixed_name(name):
    with pytest.raises(UsageError, match="environment name"):
        replace(DEV, name=name)


@pytest.mark.parametrize(
    "bucket",
    [
        "ab",
        "a" * 64,
        "My-Lake",
        "my_lake",
        "-lake",
        "lake-",
        "my..lake",
        "192.168.5.4",
        "xn--lake",
        "lake-s3alias",
    ],
)
def test_bucket_name_that_breaks_the_rules_of_s3_is_refused(bucket):
    with pytest.raises(UsageError, match="breaks S3's rules for bucket names"):
        replace(DEV, lake_bucket=bucket)


@pytest.mark.parametrize("bucket", ["abc", "my.lake-1", "a" * 63, "192.168.5.4a"])
def test_bucket_name_of_ones_own_is_taken(bucket):
    assert replace(DEV, lake_bucket=bucket).lake_bucket == bucket


@pytest.mark.parametrize("setting", ["incomplete_upload_days", "erase_margin_days"])
def test_what_a_redriven_run_needs_is_kept_as_long_as_it_can_be_redriven(setting):
    with pytest.raises(UsageError, match=f"{setting} of 'dev' is 14: it must be over 14"):
        replace(DEV, **{setting: 14})


@pytest.mark.parametrize("bucket", ["ab", "My-Lake", "192.168.5.4", "lake--x-s3"])
def test_a_bucket_that_cannot_be_there_is_refused(bucket):
    with pytest.raises(UsageError, match="breaks S3's rules for bucket names"):
        ExistingLake(bucket=bucket)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/lake",
        "arn:aws:kms:us-east-1:111122223333:alias/lake",
        "arn:aws:kms:us-east-1:*:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:111122223333:key/*",
    ],
)
def test_what_is_no_arn_of_one_key_is_refused(key):
    with pytest.raises(UsageError, match=r"'abc' is .*must be the ARN of a key"):
        ExistingLake(bucket="abc", key_arn=key)


def test_a_lake_is_made_or_is_there():
    with pytest.raises(UsageError, match="'dev' has lake_bucket and existing_lake"):
        replace(DEV, lake_bucket="abc", existing_lake=ExistingLake(bucket="abc"))


@pytest.mark.parametrize(
    ("settings", "allows", "needed"),
    [
        ({}, "nothing", True),
        ({"allow_unversioned": True}, "unversioned", False),
        ({"allow_unversioned": True, "allow_mfa_delete": True}, "unversioned mfa-delete", False),
    ],
)
def test_existing_lake_says_what_it_allows(settings, allows, needed):
    lake = ExistingLake(bucket="abc", **settings)

    assert lake.allows == allows
    assert replace(DEV, existing_lake=lake).needs_versions is needed


def test_a_lake_of_its_own_keeps_versions_by_its_template():
    assert not DEV.needs_versions


@pytest.mark.parametrize(
    ("reserved", "problem"),
    [
        ({"scrub_objects": 5}, "no function 'scrub_objects'"),
        ({"scrub_object": 0}, "0 would switch scrub_object off"),
        ({"schedule_objects": 9}, "has 9, fewer than intake_concurrency, which is 10"),
    ],
)
def test_concurrency_that_would_lose_work_is_refused(reserved, problem):
    with pytest.raises(UsageError, match=problem):
        replace(DEV, reserved_concurrency=reserved)


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("data_key_arn", "alias/lake", "data_key_arn of 'dev' is 'alias/lake': it must be the ARN"),
        ("alarm_email", "nobody", "alarm_email of 'dev' is no address: 'nobody'"),
        ("bytes_scanned_limit", 1_000_000, "bytes_scanned_limit of 'dev' is 1000000: AWS takes"),
        ("intake_concurrency", 1, "intake_concurrency of 'dev' is 1: AWS takes 2 to 1000"),
    ],
)
def test_a_setting_that_aws_would_not_take_is_refused(setting, value, problem):
    with pytest.raises(UsageError, match=problem):
        replace(DEV, **{setting: value})
