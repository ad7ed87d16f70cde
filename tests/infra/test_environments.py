from dataclasses import replace

import pytest

from infra.environments import DEV, environment_named
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
