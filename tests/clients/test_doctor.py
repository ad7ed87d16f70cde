"""A bucket or a stack that is wrong in one manner, and mended by the very command printed."""

import io
import json
import subprocess
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import DATASETS
from workflow.cli.main import main
from workflow.local.faults import Fault

# What the tests share is made once, so they run in one process.
pytestmark = pytest.mark.xdist_group("doctor")
# The committed template is made with this one; the functions under test see another.
DEPLOYED_WITH = Path(__file__).parents[2] / "datasets.yaml"
THEIRS = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "reports/"}}
EXPIRING = {**THEIRS, "Expiration": {"Days": 90}}
THEIR_STATEMENT = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::{bucket}/*",
}


# Somebody else's rules, which have to stay.
COLD = {
    "ID": "cold",
    "Status": "Enabled",
    "Filter": {"And": {"Prefix": "dataset/", "Tags": [{"Key": "a", "Value": "b c"}]}},
    "Transitions": [{"Days": 2, "StorageClass": "DEEP_ARCHIVE"}],
}
DENIAL = {"Sid": "NoDeletes", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject*"}
EVERYBODY = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


class Doctor:
    """Examines, and gives findings by check; runs printed commands in a shell."""

    def __init__(self, environment):
        self._environment = environment

    def __call__(self, *arguments):
        code, text, _ = self.told("--json", *arguments)
        findings = json.loads(text)
        assert code == int(any(f["severity"] in ("problem", "unknown") for f in findings))
        by_check = {}
        for finding in findings:
            by_check.setdefault(finding["check"], []).append(finding)
        return by_check

    def advice(self, *arguments):
        """Give what is printed below the table."""
        _, text, _ = self.told(*arguments)
        return text[text.index("\n# ") + 1 :]

    def shell(self, lines):
        """Paste lines into a shell."""
        finished = subprocess.run(
            ["/bin/sh", "-e", "-s"],
            input=lines,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr

    def told(self, *arguments):
        """Give the exit code, data and messages."""
        printed, said = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(printed),
            redirect_stderr(said),
        ):
            for name, value in self._environment.items():
                patch.setenv(name, value)
            code = main(["doctor", "--file", str(DATASETS), *arguments])
        return code, printed.getvalue(), said.getvalue()


@pytest.fixture(scope="module")
def doctor(environment):
    return Doctor(environment)


@pytest.fixture(scope="module")
def s3(stack):
    return stack.client("s3")


@dataclass(frozen=True)
class Mended:
    """Findings before all that was printed was pasted, and after."""

    before: dict
    advice: str
    after: dict
    bucket: str = ""
    rules: tuple = ()

    @classmethod
    def by(cls, doctor, *arguments):
        before, advice = doctor(*arguments), doctor.advice(*arguments)
        doctor.shell(advice)
        return cls(before, advice, doctor(*arguments))

    def sees(self, check, severity):
        """Say whether a check found something, and nothing any more."""
        then = {each["severity"] for each in self.after[check]}
        return self.before[check][0]["severity"] == severity and then == {"ok"}


@pytest.fixture(scope="module")
def queue_of_others(stack):
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName="theirs")["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    allowing = {**THEIR_STATEMENT, "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Statement": [allowing]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    rules = [{"Name": "prefix", "Value": "their files/"}]
    return {
        "Id": "theirs",
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:Put"],
        "Filter": {"Key": {"FilterRules": rules}},
    }


@pytest.fixture(scope="module")
def given(s3, doctor, queue_of_others):
    """A bucket with settings of others, which all have to stay, and none that lakescrub needs."""
    name = "given-to-lakescrub"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [EXPIRING, COLD]}
    )
    statement = {**THEIR_STATEMENT, "Resource": f"arn:aws:s3:::{name}/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"QueueConfigurations": [queue_of_others]}
    )
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    rules = tuple(rules_of(s3, name))
    return replace(Mended.by(doctor, "--bucket", name), bucket=name, rules=rules)


@pytest.fixture
def bucket(s3, request):
    name = f"given-{abs(hash(request.node.nodeid))}"[:40]
    s3.create_bucket(Bucket=name)
    return name


def rules_of(s3, bucket):
    return s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


@pytest.mark.parametrize(
    ("check", "severity"),
    [
        ("versioning", "problem"),
        ("lifecycle", "problem"),
        ("notifications", "problem"),
        ("TLS", "warning"),
        ("public access", "warning"),
        ("ownership", "warning"),
    ],
)
def test_what_is_printed_for_a_bucket_mends_it_when_all_is_pasted(given, check, severity):
    assert given.sees(check, severity)


def test_mends_versioning(given, s3):
    assert s3.get_bucket_versioning(Bucket=given.bucket)["Status"] == "Enabled"


def test_mends_lifecycle_rules_and_keeps_those_of_others(given, s3):
    kept, later, *added = rules_of(s3, given.bucket)

    moved = [{"Days": 121, "StorageClass": "DEEP_ARCHIVE"}]
    assert [kept, later] == [given.rules[0], {**given.rules[1], "Transitions": moved}]
    assert {rule["Filter"]["Prefix"] for rule in added} >= {"dataset/", "hashed/"}


def test_mends_a_missing_eventbridge_and_keeps_the_queues_of_others(given, s3, queue_of_others):
    found = s3.get_bucket_notification_configuration(Bucket=given.bucket)

    assert found["QueueConfigurations"] == [queue_of_others]
    assert found["EventBridgeConfiguration"] == {}


def test_mends_a_policy_without_tls_and_keeps_its_statements(given, s3):
    policy = json.loads(s3.get_bucket_policy(Bucket=given.bucket)["Policy"])

    assert [each["Sid"] for each in policy["Statement"]] == ["Theirs", "DenyWithoutTls"]


def test_prints_commands_to_paste_below_what_they_mend(given):
    lines = given.advice.splitlines()

    command = next(line for line in lines if line.startswith("aws s3api put-bucket-versioning"))
    assert lines[lines.index(command) - 2].startswith("# versioning: ")


def test_mends_a_list_of_rules_that_is_longer_than_an_argument_may_be(bucket, doctor, s3):
    many = [
        {**EXPIRING, "ID": f"{n:0>200}", "Filter": {"Prefix": f"reports/{n}/"}} for n in range(900)
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": many})

    (command,) = doctor("--bucket", bucket)["lifecycle"][0]["commands"]
    doctor.shell(command)

    assert len(command) > 128 * 1024
    assert rules_of(s3, bucket)[:900] == many


def test_mends_a_key_that_is_disabled(bucket, doctor, s3, stack):
    kms = stack.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/{bucket}", TargetKeyId=key)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"alias/{bucket}"}
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]
        },
    )
    kms.disable_key(KeyId=key)

    before = doctor("--bucket", bucket)
    doctor.shell(before["KMS key"][0]["commands"][0])
    after = doctor("--bucket", bucket)

    assert [each["KMS key"][0]["severity"] for each in (before, after)] == ["problem", "ok"]
    assert f"key_arn='{key}'" in after["encryption"][0]["hint"]
    assert after["bucket key"][0]["severity"] == "warning"


def test_mends_mfa_delete_with_the_root_users_device(bucket, doctor, s3):
    device = "arn:aws:iam::123456789012:mfa/root 123456"
    setting = {"Status": "Enabled", "MFADelete": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=setting, MFA=device)

    (finding,) = doctor("--bucket", bucket)["MFA delete"]
    (command,) = finding["commands"]
    doctor.shell(command.replace("SERIAL CODE", device))

    assert finding["severity"] == "problem"
    assert doctor("--bucket", bucket)["MFA delete"][0]["severity"] == "ok"


def test_warns_of_locks_and_replicas(doctor, s3):
    for name in ("locked-lake", "replica-of-it"):
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 40}}
    s3.put_object_lock_configuration(
        Bucket="locked-lake",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention},
    )
    s3.put_bucket_replication(
        Bucket="locked-lake",
        ReplicationConfiguration={
            "Role": "arn:aws:iam::123456789012:role/replicate",
            "Rules": [
                {
                    "ID": "all",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"Prefix": ""},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::replica-of-it"},
                }
            ],
        },
    )

    found = doctor("--bucket", "locked-lake")

    assert found["Object Lock"][0]["severity"] == "warning"
    assert "40 days" in found["Object Lock"][0]["what"]
    assert found["replication"][0]["severity"] == "warning"


def test_a_bucket_in_another_region_is_a_problem(doctor, s3):
    s3.create_bucket(
        Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )

    (finding,) = doctor("--bucket", "far-away")["region"]

    assert finding["severity"] == "problem"
    assert finding["hint"] == "deploy the stack in eu-central-1"


@pytest.mark.parametrize("target", [("--bucket", "not-there"), ("--stack", "not-there")])
def test_what_is_not_there_is_told_in_one_line(doctor, target):
    code, printed, said = doctor.told(*target)

    assert (code, printed) == (5, "")
    assert said.count("\n") == 1
    assert "there is no" in said


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--bucket", "Not A Bucket"), 2, "breaks S3's rules for bucket names"),
        (("--bucket", ""), 2, "breaks S3's rules for bucket names"),
        (("--endpoint-url", "http://127.0.0.1:1"), 5, "nothing answers at"),
        (("--endpoint-url", "http://127.0.0.1:1", "--bucket", "abc"), 1, "GetCallerIdentity"),
        (("--file", "/not/there.yaml"), 3, "No such file"),
    ],
)
def test_what_cannot_be_examined_is_told_in_one_line_too(doctor, arguments, code, told):
    ended, printed, said = doctor.told(*arguments)

    assert (ended, printed) == (code, "")
    assert said.count("\n") == 1
    assert told in said


def test_finds_nothing_to_mend_in_the_stack_as_it_is_deployed(doctor):
    found = doctor("--file", str(DEPLOYED_WITH))

    severities = {each["severity"] for findings in found.values() for each in findings}
    assert severities == {"ok"}


# Two operations share an address with the ones that they took the place of.
LEAVES = {
    ("s3", "GetBucketVersioning"): "s3:GetBucketVersioning",
    ("s3", "GetBucketNotification"): "s3:GetBucketNotification",
    ("s3", "GetBucketLifecycle"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketPolicy"): "s3:GetBucketPolicy",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "GetBucketOwnershipControls"): "s3:GetBucketOwnershipControls",
    ("kms", "GetKeyPolicy"): "kms:GetKeyPolicy",
    ("dynamodb", "DescribeTimeToLive"): "dynamodb:DescribeTimeToLive",
    ("lambda", "ListEventSourceMappings"): "lambda:ListEventSourceMappings",
    ("lakeformation", "ListPermissions"): "lakeformation:ListPermissions",
}
ROOTS = {
    ("s3", "GetBucketLocation"): "s3:GetBucketLocation",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("glue", "GetCrawler"): "glue:GetCrawler",
    ("lambda", "GetFunctionConfiguration"): "lambda:GetFunctionConfiguration",
}
KEY = {("kms", "DescribeKey"): "kms:DescribeKey"}


@pytest.mark.parametrize("denied", [LEAVES, ROOTS, KEY])
def test_names_each_permission_that_is_missing(stack, doctor, denied):
    with ExitStack() as rules:
        hit = [
            rules.enter_context(
                stack.intercept(service=service, operation=operation, action=_refusal(service))
            )
            for service, operation in denied
        ]
        found = doctor()

    assert all(rule.hits for rule in hit)
    unknown = [
        each["what"]
        for findings in found.values()
        for each in findings
        if each["severity"] == "unknown"
    ]
    for permission in denied.values():
        assert any(f"{permission} " in what for what in unknown), permission


def _refusal(service):
    return Fault(403, "AccessDenied") if service == "s3" else Fault(400, "AccessDeniedException")


def test_says_so_where_the_lake_or_the_crawler_is_gone(stack, doctor):
    with (
        stack.intercept(
            service="s3", operation="GetBucketLocation", action=Fault(404, "NoSuchBucket")
        ),
        stack.intercept(
            service="glue", operation="GetCrawler", action=Fault(400, "EntityNotFoundException")
        ),
    ):
        found = doctor()

    assert found["lake"][0]["what"] == f"there is no bucket {stack.outputs['LakeBucket']}"
    assert found["crawler"][0]["severity"] == "problem"
    assert "versioning" not in found


def test_says_so_where_a_service_does_not_answer(stack, doctor):
    fault = Fault(503, "SlowDown")

    with stack.intercept(service="s3", operation="GetBucketPolicy", action=fault):
        found = doctor()

    assert found["bucket policy"][0]["severity"] == "unknown"


@pytest.fixture(scope="module")
def unsettled(stack, doctor, s3):
    """The stack after somebody switched off and forbade what it needs, and all was pasted."""
    lake = stack.outputs["LakeBucket"]
    with ExitStack() as afterwards:
        for change in (_stop_timer, _stop_source, _stop_notifications, _deny, _govern):
            change(stack, s3, lake, afterwards)
        yield Mended.by(doctor)


def _stop_timer(stack, s3, lake, afterwards):
    stack.client("dynamodb").update_time_to_live(
        TableName=stack.outputs["ScheduleTable"],
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"},
    )


def _stop_source(stack, s3, lake, afterwards):
    lambda_ = stack.client("lambda")
    (source,) = lambda_.list_event_source_mappings(FunctionName=stack.outputs["StartRunsFunction"])[
        "EventSourceMappings"
    ]
    lambda_.update_event_source_mapping(UUID=source["UUID"], Enabled=False)


def _stop_notifications(stack, s3, lake, afterwards):
    before = s3.get_bucket_notification_configuration(Bucket=lake)
    before.pop("ResponseMetadata")
    put = s3.put_bucket_notification_configuration
    afterwards.callback(put, Bucket=lake, NotificationConfiguration=before)
    put(Bucket=lake, NotificationConfiguration={})


def _deny(stack, s3, lake, afterwards):
    before = s3.get_bucket_policy(Bucket=lake)["Policy"]
    afterwards.callback(s3.put_bucket_policy, Bucket=lake, Policy=before)
    policy = json.loads(before)
    policy["Statement"].append({**DENIAL, "Resource": f"arn:aws:s3:::{lake}/dataset/*"})
    s3.put_bucket_policy(Bucket=lake, Policy=json.dumps(policy))


def _govern(stack, s3, lake, afterwards):
    lake_formation = stack.client("lakeformation")
    grant = {
        "Principal": EVERYBODY,
        "Resource": {"Database": {"Name": stack.outputs["Database"]}},
        "Permissions": ["ALL"],
    }
    afterwards.callback(lake_formation.grant_permissions, **grant)
    lake_formation.revoke_permissions(**grant)


@pytest.mark.parametrize(
    "check",
    ["timer", "source of start_runs", "notifications", "bucket policy", "Lake Formation"],
)
def test_what_is_printed_for_a_stack_mends_it_when_all_is_pasted(unsettled, check):
    assert unsettled.sees(check, "problem")


def test_names_the_roles_that_a_policy_denies_what_they_need(unsettled):
    (finding,) = unsettled.before["bucket policy"]

    assert finding["what"].endswith("need: erase_version, sweep_overdue")
