"""Deploy to a bucket that is there already; say what becomes of its objects.

A program of its own, since a process holds no more than one stack.
"""

import infra  # noqa: F401 -- tells jsii where Node is, so it comes before aws_cdk

# isort: split
import contextlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

from infra.app import render_template
from infra.environments import DEV, ExistingLake
from tests.end_to_end.world import World, eventually, row
from tests.least_privilege.grants import grants_of
from workflow.cli import main as command_line
from workflow.local.stack import EmbeddedStack
from workflow.transitions import Status

DATASETS = Path(__file__).parent / "datasets.yaml"
BUCKET = "lake-of-old"
KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
RULES = [
    {
        "ID": "theirs",
        "Status": "Enabled",
        "Filter": {"Prefix": "reports/"},
        "Expiration": {"Days": 90},
    }
]


class Before:
    """What an operator has before the deployment: a bucket under a key, and the template."""

    def __init__(self):
        lake = ExistingLake(bucket=BUCKET, key_arn=KEY)
        self._text = render_template(replace(DEV, existing_lake=lake))
        self.template = {}

    def prepare(self, clients):
        key = clients.get("kms").create_key()["KeyMetadata"]["Arn"]
        s3 = clients.get("s3")
        s3.create_bucket(Bucket=BUCKET)
        keep_versions(s3, "Enabled")
        encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        s3.put_bucket_encryption(
            Bucket=BUCKET,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]
            },
        )
        s3.put_bucket_lifecycle_configuration(
            Bucket=BUCKET, LifecycleConfiguration={"Rules": RULES}
        )
        s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        self.template.update(json.loads(self._text.replace(KEY, key)))


def keep_versions(s3, status, **more):
    device = "arn:aws:iam::123456789012:mfa/root 123456"
    s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": status, **more}, MFA=device
    )


def scrubbed(world):
    """Follow an upload from EventBridge to its end; its key needs care."""
    key = world.key("a +ü&.jsonl")
    version = world.upload(key, row("x"))
    entry = world.run(key, version)
    return {
        "status": entry.status,
        "body": world.body(key).decode(),
        "versions": len(world.versions(key)),
        "tagged": "processed" in world.tags(key),
        "bucket": world.path(key).bucket,
    }


def refused(world):
    """Upload where versions are not kept; then keep them again and replay."""
    key = world.key("b.jsonl")
    keep_versions(world.s3, "Suspended")
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=row("x"))
    version = eventually(lambda: world.entries(key), what="scheduling")[0].version
    world.scheduled(key, version)
    entry = world.run(key, version)
    told = {
        "status": entry.status,
        "error": entry.failure.name,
        "body": world.body(key).decode(),
    }
    keep_versions(world.s3, "Enabled")
    replayed = replay(world, key, version)
    return {**told, "replayed": replayed.status, "then": world.body(key).decode()}


def held_by_mfa_delete(world):
    """Let a run meet MFA delete, which nothing allows; then take it off and redrive."""
    key = world.key("c.jsonl")
    version = world.upload(key, row("x"))
    keep_versions(world.s3, "Enabled", MFADelete="Enabled")
    world.fall_due()
    failed = world.wait(key, version, Status.FAILED)
    keep_versions(world.s3, "Enabled", MFADelete="Disabled")
    world.states.redrive_execution(executionArn=failed.execution)
    entry = world.wait(key, version, Status.PROCESSED)
    return {
        "error": failed.failure.name,
        "then": entry.status,
        "body": world.body(key).decode(),
        "versions": len(world.versions(key)),
    }


def replay(world, key, version):
    """Start another attempt, as the console's "New execution" with a changed input would."""
    given = {"path": str(world.path(key)), "version": version, "attempt": 2}
    arn = world.states.start_execution(
        stateMachineArn=world.names.state_machine_arn, input=json.dumps(given)
    )["executionArn"]
    world.execution_ended(arn)
    return world.entry(key, version)


def grants_on_bucket(world):
    """Give what InspectObject's role may do to the bucket itself."""
    iam = world.stack.client("iam")
    (role,) = [
        each["RoleName"]
        for each in iam.list_roles()["Roles"]
        if "InspectObjectRole" in each["RoleName"]
    ]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    arn = f"arn:aws:s3:::{BUCKET}"
    return sorted(grant.action for grant in grants_of(document) if arn in grant.resources)


def examined(world):
    """Examine the stack and its lake; give what is not well by check."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main = ["doctor", "--file", str(DATASETS), "--json"]
        code = command_line.main([*main, "--endpoint-url", world.stack.endpoint])
    found = json.loads(said.getvalue())
    return {
        "code": code,
        "wrong": {each["check"]: each for each in found if each["severity"] == "problem"},
        "warnings": sorted(each["check"] for each in found if each["severity"] == "warning"),
        "well": sorted(each["check"] for each in found if each["severity"] == "ok"),
    }


def examined_with_another_key_and_no_rule(world):
    """Change the bucket's key, switch the rule off, and suspend versioning."""
    key = world.stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": True}
    world.s3.put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    events = world.stack.client("events")
    queue = world.names.intake_queue_url.rpartition("/")[2]
    arn = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
    (name,) = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    events.disable_rule(Name=name)
    keep_versions(world.s3, "Suspended")
    return {**examined(world), "key": key, "rule": name}


def bucket_settings(world):
    """Give what the deployment could have overwritten."""
    rules = world.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    found = world.s3.get_bucket_notification_configuration(Bucket=BUCKET)
    found.pop("ResponseMetadata")
    return {"rules": rules, "notifications": found}


def main():
    before = Before()
    with EmbeddedStack.start(
        datasets=DATASETS, template=before.template, prepare=before.prepare
    ) as stack:
        world = World(stack)
        seen = {
            "examined": examined(world),
            "scrubbed": scrubbed(world),
            "refused": refused(world),
            "held": held_by_mfa_delete(world),
            "settings": bucket_settings(world),
            "grants": grants_on_bucket(world),
            "examined again": examined_with_another_key_and_no_rule(world),
            "buckets": [each["Name"] for each in world.s3.list_buckets()["Buckets"]],
        }
        world.close()
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
