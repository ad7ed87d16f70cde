"""Look at the account before anything is built: one clear line beats a failed deployment."""

import os
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as BotoConnectionError

from infra.environments import Environment
from workflow.aws.faults import error_code
from workflow.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Lambda refuses to leave less to the functions that reserve nothing.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100
_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_REFUSED = "no valid AWS credentials ({}): set AWS_PROFILE, or sign in as for the AWS CLI"


def check_account(environment: Environment, *, bootstrapped: bool) -> str:
    """Refuse an account that the environment cannot be deployed to.

    Args:
        environment: What is to be deployed.
        bootstrapped: Whether the account has to be bootstrapped already.

    Returns:
        Account and region, as CDK writes them.

    Raises:
        UsageError: There are no valid credentials, no region, no bootstrapped account, or too
            little concurrency.
    """
    try:
        return _place(environment, bootstrapped=bootstrapped)
    except ClientError as error:
        raise UsageError(_REFUSED.format(error_code(error))) from None
    except BotoConnectionError:
        raise UsageError("AWS cannot be reached: look at the network and the region") from None
    except BotoCoreError as error:
        raise UsageError(_REFUSED.format(type(error).__name__)) from None


def _place(environment: Environment, *, bootstrapped: bool) -> str:
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    if session.get_credentials() is None:
        raise NoCredentialsError
    if session.region_name is None:
        raise UsageError("no AWS region: set AWS_REGION, or the region of your profile")
    account = session.client("sts").get_caller_identity()["Account"]
    if bootstrapped:
        _check_bootstrap(session, f"account {account}, region {session.region_name}")
        _check_concurrency(session.client("lambda"), environment)
    return f"aws://{account}/{session.region_name}"


def _check_bootstrap(session: boto3.Session, place: str) -> None:
    client = session.client("ssm")
    try:
        client.get_parameter(Name=_BOOTSTRAP_VERSION)
    except client.exceptions.ParameterNotFound:
        raise UsageError(f"{place} is not bootstrapped for CDK: run `make bootstrap`") from None


def _check_concurrency(client: "LambdaClient", environment: Environment) -> None:
    wanted = sum(environment.reserved_concurrency.values())
    quota = client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if wanted and quota < wanted + UNRESERVED:
        raise UsageError(
            f"'{environment.name}' reserves {wanted} concurrent executions, and Lambda keeps "
            f"{UNRESERVED} for other functions, but the account's quota is {quota}: ask for more "
            "in Service Quotas, or lower reserved_concurrency in infra/environments.py"
        )
