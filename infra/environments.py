"""What differs between deployments. Constructs never ask which environment they are in."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from workflow.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One deployment of lakescrub.

    Attributes:
        name: Ends every fixed name, so that two environments can share an account.
        keep_data: Keep buckets and tables when the stack is deleted.
        log_retention: How long the logs of functions and runs are kept.
        bytes_scanned_limit: What one Athena query may read before it is stopped.
        intake_concurrency: How many copies of schedule_objects may work on the intake queue.
    """

    name: str
    keep_data: bool
    log_retention: logs.RetentionDays
    bytes_scanned_limit: int = 100 * 1024**3
    intake_concurrency: int = 10

    @property
    def stack_name(self) -> str:
        """The name of the stack, and of the few resources that need a fixed name."""
        return f"lakescrub-{self.name}"

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What becomes of data when its resource leaves the stack."""
        return RemovalPolicy.RETAIN if self.keep_data else RemovalPolicy.DESTROY


DEV = Environment(name="dev", keep_data=False, log_retention=logs.RetentionDays.TWO_WEEKS)
PROD = Environment(name="prod", keep_data=True, log_retention=logs.RetentionDays.ONE_YEAR)
ENVIRONMENTS = {environment.name: environment for environment in (DEV, PROD)}


def environment_named(name: str) -> Environment:
    """Return the environment called ``name``."""
    if name not in ENVIRONMENTS:
        known = ", ".join(ENVIRONMENTS)
        raise UsageError(f"unknown environment '{name}'; known are: {known}")
    return ENVIRONMENTS[name]
