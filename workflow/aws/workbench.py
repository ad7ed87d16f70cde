"""What an operator works with: the stores of one deployed stack, built on first use."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ProfileNotFound
from botocore.parsers import ResponseParserError

from workflow.aws.deployment import DEFAULT_STACK, Deployment
from workflow.aws.entry_listing import EntryListing
from workflow.aws.lake import Lake
from workflow.aws.ledger import Ledger
from workflow.aws.run_history import RunHistory
from workflow.aws.runs import Runs
from workflow.aws.schedule import Schedule
from workflow.errors import NotFound, ServiceUnavailable, UsageError
from workflow.messages import ObjectPath

# A person waits: fail soon where nothing answers, be patient with what takes its time.
_PATIENCE = Config(
    connect_timeout=5, read_timeout=120, retries={"mode": "standard", "total_max_attempts": 3}
)
_LONGEST_FUNCTION = 905
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# The embedded stack takes any credentials; whoever has none need not invent some.
_ANYONE = "test"
_LOCAL_REGION = "us-east-1"


@dataclass(frozen=True)
class Workbench:
    """The stores of a stack.

    Attributes:
        deployment: The names of its resources.
        session: Region and credentials.
        endpoint_url: Where the services are, None on AWS.
    """

    deployment: Deployment
    session: boto3.session.Session
    endpoint_url: str | None

    @classmethod
    def open(cls, stack: str = DEFAULT_STACK, *, endpoint_url: str | None = None) -> Self:
        """Find a stack; region, profile and credentials are found as by the AWS CLI.

        Raises:
            NotFound: There is no such stack, or nothing answers at the endpoint.
            UsageError: Credentials, region or profile are missing.
        """
        session = open_session(endpoint_url)
        try:
            deployment = Deployment.find(session, stack, endpoint_url=endpoint_url)
        except ResponseParserError:
            raise NotFound(f"what answers at {endpoint_url} is no AWS service") from None
        except ServiceUnavailable as error:
            if endpoint_url is None or "EndpointConnectionError" not in str(error):
                raise
            raise NotFound(
                f"nothing answers at {endpoint_url}; `lakescrub up` starts a stack here"
            ) from None
        return cls(deployment, session, endpoint_url)

    def client(self, service: str) -> Any:
        """Give a boto3 client."""
        return self.session.client(  # type: ignore[call-overload]
            service, endpoint_url=self.endpoint_url
        )

    def path(self, text: str) -> ObjectPath:
        """Read ``s3://bucket/key``, or a key of the lake.

        Raises:
            UsageError: The text is neither.
        """
        if text.startswith("s3://"):
            return ObjectPath.parse(text)
        if not text:
            raise UsageError("a path is s3://bucket/key, or a key of the lake")
        return ObjectPath(self.deployment.lake_bucket, text)

    @cached_property
    def function_client(self) -> Any:
        """A Lambda client that waits as long as a function may take, and never calls it twice."""
        config = Config(read_timeout=_LONGEST_FUNCTION, retries={"total_max_attempts": 1})
        return self.session.client("lambda", endpoint_url=self.endpoint_url, config=config)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.client("s3"))

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(self._table(self.deployment.ledger_table))

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule."""
        return Schedule(self._table(self.deployment.schedule_table))

    @cached_property
    def runs(self) -> Runs:
        """The state machine's executions."""
        return Runs(self.client("stepfunctions"), self.deployment.state_machine_arn)

    @cached_property
    def entries(self) -> EntryListing:
        """Lists of the ledger's entries."""
        return EntryListing(self._table(self.deployment.ledger_table))

    @cached_property
    def history(self) -> RunHistory:
        """What the executions did."""
        return RunHistory(self.client("stepfunctions"), self.deployment.state_machine_arn)

    def _table(self, name: str) -> Any:
        return self.session.resource("dynamodb", endpoint_url=self.endpoint_url).Table(name)


def open_session(endpoint_url: str | None) -> boto3.session.Session:
    """Find region, profile and credentials as the AWS CLI does.

    Raises:
        UsageError: The endpoint is no address, or the profile is missing.
    """
    if endpoint_url is not None and urlsplit(endpoint_url).scheme not in ("http", "https"):
        raise UsageError(f"{endpoint_url!r} is not an endpoint such as http://127.0.0.1:4566")
    core = botocore.session.get_session()
    # The names of an endpoint of one's own know nothing of buckets.
    style: Any = {"addressing_style": "path"} if endpoint_url else None
    core.set_default_client_config(_PATIENCE.merge(Config(s3=style)))
    try:
        if endpoint_url is not None and urlsplit(endpoint_url).hostname in _LOOPBACK:
            _fill_in(core)
        return boto3.session.Session(botocore_session=core)
    except ProfileNotFound as error:
        raise UsageError(str(error)) from None


def _fill_in(core: botocore.session.Session) -> None:
    if core.get_config_variable("region") is None:
        core.set_config_variable("region", _LOCAL_REGION)
    if core.get_credentials() is None:
        core.set_credentials(_ANYONE, _ANYONE)
