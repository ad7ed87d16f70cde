"""What the steps need of the stores; ``workflow.aws`` has the stores themselves.

A step sees these and nothing of AWS, so a test can hand it a store that breaks at will.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from workflow.entry import Checksum, Entry, Intent
from workflow.messages import ObjectPath, RunInput, Timer
from workflow.scrub import SecretKey
from workflow.scrub.parquet.managed import Look
from workflow.stored_object import StoredObject, Written


class Rewrite(Protocol):
    """A rewrite under way: nothing lies under the key before ``commit``."""

    size: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the output so far, hexadecimal."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""

    def seal(self) -> Checksum:
        """End the output and give the checksum that S3 will show for it."""

    def commit(self, *, if_match: str) -> Written:
        """Make the output current where the key still holds the version with this ETag."""

    def drop(self) -> None:
        """Forget the output."""


class LakeStore(Protocol):
    """Objects by path and S3 version id."""

    def head(self, path: ObjectPath, version_id: str | None = None) -> StoredObject | None:
        """Look at a version, or at the current one."""

    def keeps_versions(self, path: ObjectPath) -> bool:
        """Say whether the bucket keeps what a write takes the place of."""

    def tags(self, path: ObjectPath, version_id: str | None) -> dict[str, str]:
        """Give the tags of a version."""

    def tag(self, path: ObjectPath, version_id: str | None, tags: Mapping[str, str]) -> None:
        """Replace all tags of a version."""

    def open(self, path: ObjectPath, stored: StoredObject) -> BinaryIO:
        """Open exactly the version that was looked at."""

    def look_into(self, bucket: str, folder: str) -> Look:
        """See what a folder has in it, as far as one request tells."""

    def writer(
        self, path: ObjectPath, *, instead_of: StoredObject, tags: Mapping[str, str]
    ) -> Rewrite:
        """Begin a rewrite."""

    def holds(self, path: ObjectPath, stored: StoredObject, intent: Intent) -> bool:
        """Say whether a version is the one that an intent announced."""

    def erase(self, path: ObjectPath, version_id: str) -> None:
        """Delete exactly one version for good."""


class LedgerStore(Protocol):
    """Entries by path and version."""

    def create(self, entry: Entry) -> bool:
        """Write an entry for a version that has none."""

    def get(self, path: ObjectPath, version: str) -> Entry | None:
        """Read the entry of a version."""

    def uploads_of(self, path: ObjectPath) -> Iterable[Entry]:
        """Read the entries of all versions of a key."""

    def advance(self, before: Entry, after: Entry) -> bool:
        """Write what a run has made of an entry, unless the ledger is further already."""

    def waking(self, shard: int, *, before: datetime) -> Iterable[Entry]:
        """Read the entries of one shard that wait for a time before this one."""

    def note_starter(self, path: ObjectPath, version: str, starter: str) -> None:
        """Note who started the first run of a version."""

    def keep_policy(self, digest: str, canonical: str) -> None:
        """Keep a policy under its digest."""


class ScheduleStore(Protocol):
    """Timers by path and version."""

    def set(self, timer: Timer, *, now: datetime) -> bool:
        """Set a timer where there is none."""


class KeyStore(Protocol):
    """Keys of keyed actions by id."""

    def get(self, key_id: str) -> SecretKey:
        """Give a key."""


class RunStarter(Protocol):
    """Starts executions."""

    def start(self, dataset: str, run: RunInput) -> bool:
        """Start the execution of a run, once."""

    def find(self, dataset: str, run: RunInput) -> Mapping[str, Any]:
        """Give what DescribeExecution says of the execution of a run."""

    def describe(self, arn: str) -> Mapping[str, Any]:
        """Give what DescribeExecution says."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the catalog.

    Attributes:
        name: Its name.
        location: ``s3://bucket/prefix/``.
        partition_keys: Names of the partition keys, in order.
        storage: Its storage descriptor, which new partitions take over.
    """

    name: str
    location: str
    partition_keys: tuple[str, ...]
    storage: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LastCrawl:
    """The crawler's last crawl, and whether one is under way."""

    running: bool
    started_at: datetime | None


class CatalogStore(Protocol):
    """Tables of one database."""

    def table(self, name: str) -> Table | None:
        """Look a table up."""

    def has_partition(self, table: Table, values: tuple[str, ...]) -> bool:
        """Say whether a partition is registered."""

    def add_partition(self, table: Table, values: tuple[str, ...], *, location: str) -> None:
        """Register a partition that is stored as its table is."""

    def last_crawl(self) -> LastCrawl:
        """Look at the crawler."""

    def start_crawler(self) -> None:
        """Start a crawl, unless one is under way."""
