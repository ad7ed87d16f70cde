"""The commands that docs/operations.md gives to those who deploy without CDK."""

import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMITTED = json.loads((ROOT / "infra" / "lakescrub-dev.template.json").read_text(encoding="utf-8"))


@pytest.fixture
def commands():
    """Give the AWS CLI's part of the section, as it stands there."""
    section = MANUAL.partition("### Without CDK")[2].partition("\n#")[0]
    block = re.search(r"```\n(make package.*?)```", section, re.DOTALL)[1]
    lines = block.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("aws ")]


def test_the_documented_commands_upload_everything_and_make_a_change_set(
    commands, run, world, tmp_path
):
    folder = tmp_path / "lakescrub-prod"
    folder.mkdir()
    functions = [
        resource["Properties"]["Code"]
        for resource in COMMITTED["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    for code in functions:
        code["S3Bucket"] = "my-assets"
        (folder / code["S3Key"]).write_bytes(b"a bundle")
    (folder / "template.json").write_text(json.dumps(COMMITTED), encoding="utf-8")
    world.s3.create_bucket(Bucket="my-assets")

    copying, deploying = (line.replace("build/", f"{tmp_path}/") for line in commands)
    run(*shlex.split(copying))
    said = run(*shlex.split(deploying), "--no-execute-changeset")

    assert "Changeset created successfully" in said
    uploaded = {each["Key"] for each in world.s3.list_objects_v2(Bucket="my-assets")["Contents"]}
    assert {code["S3Key"] for code in functions} <= uploaded


def test_the_capabilities_that_the_manual_names_are_enough(commands):
    roles = [each for each in COMMITTED["Resources"].values() if each["Type"] == "AWS::IAM::Role"]

    assert roles
    assert not [role for role in roles if "RoleName" in role["Properties"]]
    assert commands[-1].endswith("--capabilities CAPABILITY_IAM")
    assert "Transform" not in COMMITTED
    assert "Parameters" not in COMMITTED
