"""A bucket that was there before the stack, with objects that arrive by way of EventBridge."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# What is seen takes most of a minute, so it is seen in one process.
pytestmark = pytest.mark.xdist_group("existing lake")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen():
    finished = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.existing_lake"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_scrubs_what_eventbridge_tells_of(seen):
    assert seen["scrubbed"] == {
        "status": "processed",
        "body": '{"id": 1, "secret": ""}\n',
        "versions": 1,
        "tagged": True,
        "bucket": "lake-of-old",
    }


def test_makes_no_lake_of_its_own(seen):
    lakes = [name for name in seen["buckets"] if "lake" in name.replace("lakescrub", "")]

    assert lakes == ["lake-of-old"]


def test_leaves_the_settings_of_the_bucket_as_they_were(seen):
    (rule,) = seen["settings"]["rules"]

    assert rule["ID"] == "theirs"
    assert seen["settings"]["notifications"] == {"EventBridgeConfiguration": {}}


def test_rejects_a_rewrite_that_no_version_would_keep_until_one_does(seen):
    assert seen["refused"] == {
        "status": "rejected",
        "error": "VersionsNotKept",
        "body": '{"id": 1, "secret": "x"}\n',
        "replayed": "processed",
        "then": '{"id": 1, "secret": ""}\n',
    }


def test_may_only_look_at_the_bucket_itself(seen):
    assert seen["grants"] == ["s3:GetBucketVersioning", "s3:ListBucket"]


def test_fails_in_place_where_mfa_delete_keeps_the_version_until_it_is_off(seen):
    assert seen["held"] == {
        "error": "AccessDenied",
        "then": "processed",
        "body": '{"id": 1, "secret": ""}\n',
        "versions": 1,
    }


def test_doctor_finds_what_the_bucket_lacks_and_the_template_does_not_know(seen):
    found = seen["examined"]

    assert found["code"] == 1
    # The template was made with fewer datasets than the functions of this test see.
    assert set(found["wrong"]) == {"crawler", "lifecycle"}
    assert found["warnings"] == ["TLS", "bucket key"]
    assert {"upload rule", "notifications", "versioning", "encryption"} <= set(found["well"])
    (command,) = found["wrong"]["lifecycle"]["commands"]
    assert '"ID": "theirs"' in command


def test_doctor_finds_a_rule_that_is_off_a_key_that_nobody_may_use_and_versions_gone(seen):
    found = seen["examined again"]

    assert {"upload rule", "encryption", "versioning"} <= set(found["wrong"])
    (command,) = found["wrong"]["upload rule"]["commands"]
    assert command.startswith("aws --endpoint-url http://")
    assert command.endswith(f" events enable-rule --name {found['rule']}")
    assert f"key_arn='{found['key']}'" in found["wrong"]["encryption"]["hint"]
    assert "allow_unversioned" in found["wrong"]["versioning"]["hint"]
