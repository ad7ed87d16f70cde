"""A bucket or a stack that is wrong in one manner, and mended by the very command printed."""

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import DATASETS
from workflow.cli.main import main
from workflow.local.faults import Fault

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


@pytest.fixture
def doctor(stack, capsys, monkeypatch):
    """Examine; give the findings by check, worst first."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", stack.region)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    def run(*arguments):
        capsys.readouterr()
        code = main(["doctor", "--file", str(DATASETS), "--json", *arguments])
        found = json.loads(capsys.readouterr().out)
        assert code == int(any(f["severity"] in ("problem", "unknown") for f in found))
        by_check = {}
        for finding in found:
            by_check.setdefault(finding["check"], []).append(finding)
        return by_check

    return run


@pytest.fixture
def shell(environment):
    """Paste a printed command into a shell."""

    def run(command):
        finished = subprocess.run(
            ["/bin/sh", "-s"],
            input=command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr

    return run


@pytest.fixture
def mended(doctor, shell):
    """See a finding, run its commands, and see it gone."""

    def run(check, severity, *arguments):
        found = doctor(*arguments)[check]
        assert found[0]["severity"] == severity, found
        for command in dict.fromkeys(each for finding in found for each in finding["commands"]):
            shell(command)
        then = doctor(*arguments)[check]
        assert {each["severity"] for each in then} == {"ok"}
        return found[0]

    return run


@pytest.fixture
def s3(stack):
    return stack.client("s3")


@pytest.fixture
def bucket(s3, request):
    """A bucket with settings of others, which all have to stay, and none that lakescrub needs."""
    name = f"given-{abs(hash(request.node.nodeid))}"[:40]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [EXPIRING]})
    statement = {**THEIR_STATEMENT, "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(
        Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    return name


def rules_of(s3, bucket):
    return s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def test_mends_versioning(bucket, mended, s3):
    mended("versioning", "problem", "--bucket", bucket)

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_mends_lifecycle_rules_and_keeps_those_of_others(bucket, mended, s3):
    cold = {
        "ID": "cold",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "dataset/", "Tags": [{"Key": "a", "Value": "b c"}]}},
        "Transitions": [{"Days": 2, "StorageClass": "DEEP_ARCHIVE"}],
    }
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [EXPIRING, cold]}
    )
    before = rules_of(s3, bucket)

    mended("lifecycle", "problem", "--bucket", bucket)

    kept, later, *added = rules_of(s3, bucket)
    moved = [{"Days": 121, "StorageClass": "DEEP_ARCHIVE"}]
    assert [kept, later] == [before[0], {**before[1], "Transitions": moved}]
    assert {rule["Filter"]["Prefix"] for rule in added} >= {"dataset/", "hashed/"}


def test_mends_a_list_of_rules_that_is_longer_than_an_argument_may_be(bucket, mended, s3):
    many = [
        {**EXPIRING, "ID": f"{n:0>200}", "Filter": {"Prefix": f"reports/{n}/"}} for n in range(900)
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": many})

    finding = mended("lifecycle", "problem", "--bucket", bucket)

    assert len(finding["commands"][0]) > 128 * 1024
    assert rules_of(s3, bucket)[:900] == many


def test_mends_a_missing_eventbridge_and_keeps_the_queues_of_others(bucket, mended, s3, stack):
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=f"theirs-{bucket}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    allowing = {**THEIR_STATEMENT, "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allowing]})}
    )
    rules = [{"Name": "prefix", "Value": "their files/"}]
    theirs = {
        "Id": "theirs",
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:Put"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [theirs]}
    )

    mended("notifications", "problem", "--bucket", bucket)

    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert found["QueueConfigurations"] == [theirs]
    assert found["EventBridgeConfiguration"] == {}


def test_mends_a_policy_without_tls_and_keeps_its_statements(bucket, mended, s3):
    mended("TLS", "warning", "--bucket", bucket)

    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["Theirs", "DenyWithoutTls"]


def test_mends_public_access_and_acls(bucket, mended, s3):
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )

    mended("public access", "warning", "--bucket", bucket)
    mended("ownership", "warning", "--bucket", bucket)


def test_mends_a_key_that_is_disabled(bucket, doctor, mended, s3, stack):
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

    mended("KMS key", "problem", "--bucket", bucket)
    finding = doctor("--bucket", bucket)["encryption"][0]
    costly = doctor("--bucket", bucket)["bucket key"][0]

    assert f"key_arn='{key}'" in finding["hint"]
    assert costly["severity"] == "warning"


def test_mends_mfa_delete_with_the_root_users_device(bucket, doctor, shell, s3):
    device = "arn:aws:iam::123456789012:mfa/root 123456"
    setting = {"Status": "Enabled", "MFADelete": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=setting, MFA=device)

    (finding,) = doctor("--bucket", bucket)["MFA delete"]
    (command,) = finding["commands"]
    shell(command.replace("SERIAL CODE", device))

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
def test_what_is_not_there_is_told_in_one_line(doctor, capsys, target):
    capsys.readouterr()

    code = main(["doctor", "--file", str(DATASETS), *target])

    said = capsys.readouterr()
    assert code == 5
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "there is no" in said.err


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
def test_what_cannot_be_examined_is_told_in_one_line_too(doctor, capsys, arguments, code, told):
    capsys.readouterr()

    ended = main(["doctor", "--file", str(DATASETS), *arguments])

    said = capsys.readouterr()
    assert (ended, said.out) == (code, "")
    assert said.err.count("\n") == 1
    assert told in said.err


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


@pytest.mark.parametrize("fault", [Fault(503, "SlowDown"), Fault(500, "InternalError")])
def test_says_so_where_a_service_does_not_answer(stack, doctor, fault):
    with stack.intercept(service="s3", operation="GetBucketPolicy", action=fault):
        found = doctor()

    assert found["bucket policy"][0]["severity"] == "unknown"


def test_mends_a_timer_that_does_not_expire(stack, mended):
    dynamodb, table = stack.client("dynamodb"), stack.outputs["ScheduleTable"]
    dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )

    mended("timer", "problem")


def test_mends_an_event_source_that_is_off(stack, mended):
    lambda_ = stack.client("lambda")
    (source,) = lambda_.list_event_source_mappings(FunctionName=stack.outputs["StartRunsFunction"])[
        "EventSourceMappings"
    ]
    lambda_.update_event_source_mapping(UUID=source["UUID"], Enabled=False)

    mended("source of start_runs", "problem")


def test_mends_a_lake_that_nobody_hears_of(stack, mended, s3):
    lake = stack.outputs["LakeBucket"]
    before = s3.get_bucket_notification_configuration(Bucket=lake)
    before.pop("ResponseMetadata")
    try:
        s3.put_bucket_notification_configuration(Bucket=lake, NotificationConfiguration={})
        mended("notifications", "problem")
    finally:
        s3.put_bucket_notification_configuration(Bucket=lake, NotificationConfiguration=before)


def test_mends_a_policy_that_denies_what_roles_need(stack, mended, s3):
    lake = stack.outputs["LakeBucket"]
    before = s3.get_bucket_policy(Bucket=lake)["Policy"]
    statement = {
        "Sid": "NoDeletes",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject*",
        "Resource": f"arn:aws:s3:::{lake}/dataset/*",
    }
    policy = json.loads(before)
    policy["Statement"].append(statement)
    try:
        s3.put_bucket_policy(Bucket=lake, Policy=json.dumps(policy))
        finding = mended("bucket policy", "problem")
    finally:
        s3.put_bucket_policy(Bucket=lake, Policy=before)

    assert finding["what"].endswith("need: erase_version, sweep_overdue")


def test_mends_a_database_that_lake_formation_governs(stack, mended):
    lake_formation = stack.client("lakeformation")
    everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
    database = {"Database": {"Name": stack.outputs["Database"]}}
    lake_formation.revoke_permissions(Principal=everybody, Resource=database, Permissions=["ALL"])
    try:
        mended("Lake Formation", "problem")
    finally:
        lake_formation.grant_permissions(
            Principal=everybody, Resource=database, Permissions=["ALL"]
        )


def test_prints_commands_to_paste_below_what_they_mend(stack, bucket, capsys, doctor):
    capsys.readouterr()

    code = main(["doctor", "--file", str(DATASETS), "--bucket", bucket])

    lines = capsys.readouterr().out.splitlines()
    command = next(line for line in lines if line.startswith("aws s3api put-bucket-versioning"))
    assert code == 1
    assert lines[lines.index(command) - 2].startswith("# versioning: ")
