"""CheckCatalog: see that Athena finds the object, for the price of two look-ups.

A crawl for each object would cost a thousand times more than the rest of the run. So the crawler
is started only where the table itself is missing; a missing partition is registered directly, with
the table's own storage descriptor.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from workflow.errors import UnknownDataset
from workflow.execution import Execution
from workflow.messages import ObjectPath
from workflow.policy import Policies
from workflow.stores import CatalogStore, Table

CRAWL_AGAIN_AFTER = timedelta(hours=1)
_HIVE_FOLDER = re.compile(r"([^=/]+)=([^/]+)")
# What the crawler calls the folders that do not name themselves.
_NUMBERED_KEY = re.compile(r"partition_[0-9]+")


@dataclass(frozen=True, slots=True)
class Request:
    """The Task's payload."""

    execution: Execution

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the payload."""
        return cls(Execution.from_context(event["execution"]))


@dataclass(frozen=True, slots=True)
class Result:
    """What the catalog needs.

    Attributes:
        start_crawler: True where the table is missing and a crawl may find it.
        table_missing: True where the table is missing although a crawl has looked for it lately.
        partition_added: True where a partition was registered.
    """

    start_crawler: bool = False
    table_missing: bool = False
    partition_added: bool = False

    def to_event(self) -> dict[str, Any]:
        """Give the Task's result."""
        return {
            "start_crawler": self.start_crawler,
            "table_missing": self.table_missing,
            "partition_added": self.partition_added,
        }


def run(request: Request, *, catalog: CatalogStore, policies: Policies, now: datetime) -> Result:
    """Check the catalog for the object of a run.

    Raises:
        UnknownDataset: No dataset of the policies in force matches the key.
        LakescrubError: The catalog failed.
    """
    path = request.execution.path
    dataset = policies.match(path.key)
    if dataset is None:
        raise UnknownDataset(f"no dataset of the policy in force matches {path}")
    return check(path, dataset.table, catalog=catalog, now=now)


def check(path: ObjectPath, table_name: str, *, catalog: CatalogStore, now: datetime) -> Result:
    """Check the catalog for one object; a missing partition is registered."""
    table = catalog.table(table_name)
    if table is None:
        return _without_table(catalog, now=now)
    place = _partition(path, table)
    if place is None or catalog.has_partition(table, place.values):
        return Result()
    catalog.add_partition(table, place.values, location=place.location)
    return Result(partition_added=True)


def _without_table(catalog: CatalogStore, *, now: datetime) -> Result:
    crawl = catalog.last_crawl()
    if crawl.running:
        return Result(start_crawler=True)
    if crawl.started_at is not None and now - crawl.started_at < CRAWL_AGAIN_AFTER:
        # A crawl has ended without the table: another one for each object would not find it either.
        return Result(table_missing=True)
    return Result(start_crawler=True)


@dataclass(frozen=True, slots=True)
class _Partition:
    values: tuple[str, ...]
    location: str


def _partition(path: ObjectPath, table: Table) -> _Partition | None:
    """Give the partition that a key lies in; None where the table has none or the key no folder."""
    root = table.location.rstrip("/") + "/"
    if not table.partition_keys or not str(path).startswith(root):
        return None
    folders = str(path).removeprefix(root).split("/")[:-1][: len(table.partition_keys)]
    if len(folders) < len(table.partition_keys):
        return None
    values = [_value(*pair) for pair in zip(table.partition_keys, folders, strict=True)]
    if None in values:
        return None
    return _Partition(tuple(map(str, values)), root + "/".join(folders) + "/")


def _value(key: str, folder: str) -> str | None:
    """Give a partition key's value in a folder; None where the folder is of another kind.

    A value that does not fit the key's type makes Athena refuse the whole table.
    """
    hive = _HIVE_FOLDER.fullmatch(folder)
    if hive is not None and hive.group(1).lower() == key.lower():
        return hive.group(2)
    return folder if _NUMBERED_KEY.fullmatch(key) else None
