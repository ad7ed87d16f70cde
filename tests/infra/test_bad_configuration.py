"""What `make synth` says to a configuration that cannot be used: the command itself, one line."""

import pytest

DEV = 'DEV = Environment(name="dev", '


def edit(project, settings):
    file = project.root / "infra" / "environments.py"
    text = file.read_text(encoding="utf-8")
    assert DEV in text
    file.write_text(text.replace(DEV, f"{DEV}{settings}, "), encoding="utf-8")


BAD = {
    'lake_bucket="My_Lake"': "'My_Lake' breaks S3's rules for bucket names\n",
    'existing_lake=ExistingLake(bucket="My_Lake")': (
        "'My_Lake' breaks S3's rules for bucket names\n"
    ),
    'existing_lake=ExistingLake(bucket="lake", key_arn="alias/lake")': (
        "key_arn of the lake 'lake' is 'alias/lake': it must be the ARN of a key, "
        "arn:aws:kms:REGION:ACCOUNT:key/ID; roles cannot be granted an alias\n"
    ),
    'lake_bucket="lake", existing_lake=ExistingLake(bucket="lake")': (
        "'dev' has lake_bucket and existing_lake: the first is made, the second is there; leave "
        "one out\n"
    ),
    'existing_lake=ExistingLake(bucket="lake", allow_mfa_delete=True)': (
        "the lake 'lake' has allow_mfa_delete, where no run can erase a version: set "
        "erase_versions to false for uploads\n"
    ),
    "incomplete_upload_days=14": (
        "incomplete_upload_days of 'dev' is 14: it must be over 14, since a failed run can be "
        "redriven for 14 days\n"
    ),
    "erase_margin_days=7": (
        "erase_margin_days of 'dev' is 7: it must be over 14, since a failed run can be redriven "
        "for 14 days\n"
    ),
    'reserved_concurrency={"scrub": 5}': "reserved_concurrency of 'dev': no function 'scrub'\n",
}


@pytest.mark.parametrize("settings", BAD)
def test_a_bad_setting_stops_the_synthesis_with_one_line(project, settings):
    edit(project, settings)

    done = project.infra()

    assert (done.returncode, done.stderr) == (1, BAD[settings])
    assert not (project.root / "cdk.out").exists()


def test_an_unknown_environment_stops_the_synthesis_with_one_line(project):
    done = project.infra("stage")

    assert (done.returncode, done.stderr) == (
        1,
        "unknown environment 'stage'; known are: dev, prod\n",
    )


def test_missing_policies_stop_the_synthesis_with_one_line(project):
    (project.root / "datasets.yaml").unlink()

    done = project.infra("dev")

    assert done.returncode == 1
    assert done.stderr == f"{project.root / 'datasets.yaml'}: No such file or directory\n"


def test_an_asset_bucket_that_breaks_the_rules_stops_the_packaging_with_one_line(project):
    done = project.infra("package", "dev", "My_Assets")

    assert (done.returncode, done.stderr) == (1, "'My_Assets' breaks S3's rules for bucket names\n")
