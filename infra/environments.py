"""What differs between deployments. Constructs never ask which environment they are in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from workflow.bucket_names import check_bucket_name
from workflow.errors import UsageError

# A failed run can be redriven for so long, and finds what it left: parts, versions, messages.
# https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
REDRIVE_DAYS = 14
_FUNCTIONS = Path(__file__).parents[1] / "functions"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
# What Athena and Lambda take.
_LIMITS = {"bytes_scanned_limit": (10_000_000, 2**63 - 1), "intake_concurrency": (2, 1000)}


@dataclass(frozen=True, kw_only=True)
class ExistingLake:
    """A bucket that is there already. The stack attaches to it and changes nothing about it.

    Attributes:
        bucket: Its name. It is in the account and the region of the stack.
        key_arn: The KMS key that its objects are encrypted with; None for none of KMS.
        allow_unversioned: Objects may be rewritten where no version keeps what they were. Without
            it a run on such an upload is rejected, and says so.
        allow_mfa_delete: Versions need not be erased, since with MFA delete nobody but the root
            user can. No dataset may have ``erase_versions`` then.
    """

    bucket: str
    key_arn: str | None = None
    allow_unversioned: bool = False
    allow_mfa_delete: bool = False

    def __post_init__(self) -> None:
        """Refuse what would fail on AWS.

        Raises:
            UsageError: A setting cannot be used.
        """
        check_bucket_name(self.bucket)
        _check_key(self.key_arn, f"key_arn of the lake '{self.bucket}'")

    @property
    def allows(self) -> str:
        """What is allowed beyond the usual, in the words of the stack's output."""
        allowed = {"unversioned": self.allow_unversioned, "mfa-delete": self.allow_mfa_delete}
        return " ".join(name for name, is_allowed in allowed.items() if is_allowed) or "nothing"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One deployment of lakescrub.

    Attributes:
        name: Ends every fixed name, so that two environments can share an account.
        keep_data: Keep buckets and tables when the stack is deleted.
        log_retention: How long the logs of functions and runs are kept.
        lake_bucket: The name of the stack's own lake; None for one made of stack, account, region.
        existing_lake: A bucket to attach to, in place of a lake of the stack's own.
        data_key_arn: A KMS key for the data; None for one of the stack's own.
        alarm_email: Who is told of alarms and rejections; None for nobody yet.
        incomplete_upload_days: When S3 drops an upload that nobody completed.
        erase_margin_days: How long after its due time S3 itself deletes an overwritten version of
            a dataset with ``erase_versions``, should no run have done so.
        bytes_scanned_limit: What one Athena query may read before it is stopped.
        intake_concurrency: How many copies of schedule_objects may work on the intake queue.
        reserved_concurrency: How many copies of a function, by its name, the account sets aside
            for it, which is also how many it may have. AWS refuses to set aside what would leave
            less than 100 for all other functions; a new account has a quota of 10 in all.
    """

    name: str
    keep_data: bool
    log_retention: logs.RetentionDays
    lake_bucket: str | None = None
    existing_lake: ExistingLake | None = None
    data_key_arn: str | None = None
    alarm_email: str | None = None
    incomplete_upload_days: int = 15
    erase_margin_days: int = 30
    bytes_scanned_limit: int = 100 * 1024**3
    intake_concurrency: int = 10
    reserved_concurrency: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would fail on AWS, or later.

        Raises:
            UsageError: A setting cannot be used.
        """
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"environment name '{self.name}': use a-z, 0-9 and -, 20 at most")
        if self.lake_bucket is not None:
            check_bucket_name(self.lake_bucket)
        if self.lake_bucket is not None and self.existing_lake is not None:
            raise UsageError(
                f"'{self.name}' has lake_bucket and existing_lake: the first is made, the second "
                "is there; leave one out"
            )
        for setting in ("incomplete_upload_days", "erase_margin_days"):
            if getattr(self, setting) <= REDRIVE_DAYS:
                raise UsageError(
                    f"{setting} of '{self.name}' is {getattr(self, setting)}: it must be over "
                    f"{REDRIVE_DAYS}, since a failed run can be redriven for {REDRIVE_DAYS} days"
                )
        _check_key(self.data_key_arn, f"data_key_arn of '{self.name}'")
        self._check_limits()
        self._check_concurrency()

    def _check_limits(self) -> None:
        for setting, (lowest, highest) in _LIMITS.items():
            if not lowest <= getattr(self, setting) <= highest:
                raise UsageError(
                    f"{setting} of '{self.name}' is {getattr(self, setting)}: AWS takes "
                    f"{lowest} to {highest}"
                )
        if self.alarm_email is not None and not _EMAIL.fullmatch(self.alarm_email):
            raise UsageError(f"alarm_email of '{self.name}' is no address: '{self.alarm_email}'")

    def _check_concurrency(self) -> None:
        for name, count in self.reserved_concurrency.items():
            if not (_FUNCTIONS / name / "handler.py").is_file():
                raise UsageError(f"reserved_concurrency of '{self.name}': no function '{name}'")
            if count < 1:
                raise UsageError(
                    f"reserved_concurrency of '{self.name}': {count} would switch {name} off"
                )
        # A batch that Lambda cannot hand over counts as received: after five the queue gives its
        # messages up, although nobody has looked at them.
        # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
        reserved = self.reserved_concurrency.get("schedule_objects", self.intake_concurrency)
        if reserved < self.intake_concurrency:
            raise UsageError(
                f"reserved_concurrency of '{self.name}': schedule_objects has {reserved}, fewer "
                f"than intake_concurrency, which is {self.intake_concurrency}"
            )

    @property
    def needs_versions(self) -> bool:
        """Whether runs refuse to rewrite where no versions are kept.

        The stack's own lake keeps versions by its template.
        """
        return self.existing_lake is not None and not self.existing_lake.allow_unversioned

    @property
    def stack_name(self) -> str:
        """The name of the stack, and of the few resources that need a fixed name."""
        return f"lakescrub-{self.name}"

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What becomes of data when its resource leaves the stack."""
        return RemovalPolicy.RETAIN if self.keep_data else RemovalPolicy.DESTROY


def _check_key(arn: str | None, setting: str) -> None:
    if arn is not None and not _KEY_ARN.fullmatch(arn):
        raise UsageError(
            f"{setting} is '{arn}': it must be the ARN of a key, "
            "arn:aws:kms:REGION:ACCOUNT:key/ID; roles cannot be granted an alias"
        )


DEV = Environment(name="dev", keep_data=False, log_retention=logs.RetentionDays.TWO_WEEKS)
# A mass of objects that fall due together must starve neither the account's other functions nor
# those of our own that nobody repeats for a day: notifications, the sweeper, the recorder.
PROD = Environment(
    name="prod",
    keep_data=True,
    log_retention=logs.RetentionDays.ONE_YEAR,
    reserved_concurrency={
        # A cap: a fifth of an account's usual quota. Runs that find no free copy wait a day.
        "scrub_object": 200,
        # As many as the queue may ask for: a notification is given up after five refusals.
        "schedule_objects": 10,
        # As many as read one shard at once, and few enough for StartExecution's own limit.
        "start_runs": 5,
        # As many as can be at work at once: a tick each minute, five minutes at most.
        "sweep_overdue": 5,
        "record_failure": 2,
    },
)
ENVIRONMENTS = {environment.name: environment for environment in (DEV, PROD)}


def environment_named(name: str) -> Environment:
    """Return the environment called ``name``.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in ENVIRONMENTS:
        known = ", ".join(ENVIRONMENTS)
        raise UsageError(f"unknown environment '{name}'; known are: {known}")
    return ENVIRONMENTS[name]
