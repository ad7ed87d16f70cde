"""What a Lambda function works with, built on first use and kept while its process is warm."""

import os
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from workflow.aws.catalog import Catalog
from workflow.aws.lake import Lake
from workflow.aws.ledger import Ledger
from workflow.aws.runs import Runs
from workflow.aws.schedule import Schedule
from workflow.aws.secret_keys import SecretKeys
from workflow.policy import Policies, read_policies

# A Lambda function is billed while it waits, and the state machine retries with more patience.
_CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 3}
)
# Scheduling an upload must not wait for the catalog: in a network that swallows calls to Glue the
# function would time out, and its messages with it.
_HASTY_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


class Wiring:
    """The stores and the policies that the environment names."""

    @cached_property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session()

    def _client(self, service: str, config: Config = _CLIENT_CONFIG) -> Any:
        return self._session.client(service, config=config)  # type: ignore[call-overload]

    def _table(self, variable: str) -> Any:
        resource = self._session.resource("dynamodb", config=_CLIENT_CONFIG)
        return resource.Table(os.environ[variable])

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self._client("s3"))

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(self._table("LEDGER_TABLE"))

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule."""
        return Schedule(self._table("SCHEDULE_TABLE"))

    @cached_property
    def runs(self) -> Runs:
        """The state machine's executions."""
        return Runs(self._client("stepfunctions"), os.environ["STATE_MACHINE_ARN"])

    @cached_property
    def catalog(self) -> Catalog:
        """The Glue catalog."""
        return self._catalog(_CLIENT_CONFIG)

    @cached_property
    def hasty_catalog(self) -> Catalog:
        """The Glue catalog for whom it must not keep waiting."""
        return self._catalog(_HASTY_CONFIG)

    def _catalog(self, config: Config) -> Catalog:
        return Catalog(
            self._client("glue", config),
            database=os.environ["DATABASE"],
            crawler=os.environ["CRAWLER"],
        )

    @cached_property
    def keys(self) -> SecretKeys:
        """The keys of keyed actions."""
        return SecretKeys(self._client("secretsmanager"), os.environ["HASH_KEYS_SECRET"])

    @cached_property
    def policies(self) -> Policies:
        """The policies in force: those that this deployment was made with."""
        root = Path(os.environ.get("LAMBDA_TASK_ROOT", "."))
        return read_policies(root / os.environ["DATASETS_FILE"])

    @property
    def versions_needed(self) -> bool:
        """Whether nothing may be rewritten that no version would keep."""
        return os.environ.get("VERSIONS_NEEDED") == "true"

    def now(self) -> datetime:
        """The time, timezone-aware."""
        return datetime.now(UTC)


@cache
def wiring() -> Wiring:
    """Give the process's wiring."""
    return Wiring()
