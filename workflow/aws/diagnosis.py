"""``lakescrub doctor``'s reading: which bucket, held against what."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workflow.aws.bucket_settings import BucketSettings
from workflow.aws.faults import told
from workflow.aws.stack_settings import StackSettings
from workflow.aws.workbench import Workbench, open_session
from workflow.bucket_names import check_bucket_name
from workflow.doctor.bucket import check_bucket
from workflow.doctor.bucket_policy import NEEDED, with_roles_to_be
from workflow.doctor.deployed import check_deployed
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity
from workflow.errors import NotFound, UsageError
from workflow.policy import Policies

if TYPE_CHECKING:
    import boto3


def examine_stack(stack: str, *, endpoint_url: str | None, policies: Policies) -> Iterator[Finding]:
    """Examine a deployed stack and its lake.

    Raises:
        LakescrubError: There is no such stack, or it cannot be reached.
    """
    bench = Workbench.open(stack, endpoint_url=endpoint_url)
    settings, names = StackSettings(bench, stack), bench.deployment
    roles, unknown = settings.roles()
    expected = Expected(
        policies=policies,
        region=names.state_machine_arn.split(":")[3],
        account=names.state_machine_arn.split(":")[4],
        existing=names.existing_lake_allows is not None,
        allows=frozenset((names.existing_lake_allows or "").split()),
        key_arn=names.lake_key_arn,
        intake_arn=settings.intake_arn(),
        roles={name: arn for name, arn in roles.items() if name in NEEDED},
    )
    for reason in unknown:
        yield Finding("roles", Severity.UNKNOWN, f"not known: {reason}")
    yield from check_deployed(settings.read(roles), expected)
    yield from _lake(bench.session, endpoint_url, names.lake_bucket, expected)


def examine_bucket(
    bucket: str, *, endpoint_url: str | None, policies: Policies
) -> Iterator[Finding]:
    """Examine a bucket that a stack is to be attached to.

    Raises:
        LakescrubError: There is no such bucket, or nothing can be reached.
    """
    check_bucket_name(bucket)
    session = open_session(endpoint_url)
    if not session.region_name:
        raise UsageError("no AWS region; set it as for the AWS CLI")
    with told("GetCallerIdentity"):
        identity = session.client("sts", endpoint_url=endpoint_url).get_caller_identity()
    expected = with_roles_to_be(
        Expected(policies=policies, region=session.region_name, account=identity["Account"])
    )
    yield from check_bucket(_read(session, endpoint_url, bucket, expected), expected)


def _lake(
    session: "boto3.session.Session", endpoint_url: str | None, bucket: str, expected: Expected
) -> Iterator[Finding]:
    try:
        found = _read(session, endpoint_url, bucket, expected)
    except NotFound as error:
        yield Finding("lake", Severity.PROBLEM, str(error), hint="deploy the stack again")
    else:
        yield from check_bucket(found, expected)


def _read(
    session: "boto3.session.Session", endpoint_url: str | None, bucket: str, expected: Expected
) -> Any:
    s3 = session.client("s3", endpoint_url=endpoint_url)
    kms = session.client("kms", endpoint_url=endpoint_url)
    return BucketSettings(s3, kms, bucket, expected.account).read()
