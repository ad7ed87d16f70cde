"""Writes what was found to the catalog, as the crawler's SchemaChangePolicy says."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflow.local.crawler.glue_input import columns, partition_input, table_input
from workflow.local.crawler.tables import TablePlan

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_BATCH = 100


@dataclass
class Counts:
    """What a crawl did to the tables."""

    created: int = 0
    updated: int = 0
    deleted: int = 0


class CatalogWriter:
    """Writes the tables of one crawler.

    Args:
        glue: The client of the endpoint.
        crawler: The crawler, as GetCrawler shows it.
    """

    def __init__(self, glue: "GlueClient", crawler: Any) -> None:
        """Read the policies."""
        self._glue = glue
        self._name: str = crawler["Name"]
        self._database: str = crawler["DatabaseName"]
        policy = crawler.get("SchemaChangePolicy") or {}
        self._update = policy.get("UpdateBehavior") or "UPDATE_IN_DATABASE"
        self._delete = policy.get("DeleteBehavior") or "DEPRECATE_IN_DATABASE"
        self._merge = "MergeNewColumns" in (crawler.get("Configuration") or "")

    def ensure_database(self) -> None:
        """Create the crawler's database where it is not there yet."""
        try:
            self._glue.get_database(Name=self._database)
        except self._glue.exceptions.EntityNotFoundException:
            self._glue.create_database(DatabaseInput={"Name": self._database})

    def write(self, plans: Iterable[TablePlan], targets: list[str]) -> Counts:
        """Create and update tables and partitions; see to those that are gone."""
        counts, seen = Counts(), set[str]()
        for plan in plans:
            name = self._write_table(plan, counts)
            self._write_partitions(plan, name)
            seen.add(name)
        self._see_to_missing(seen, targets, counts)
        return counts

    def _table(self, name: str) -> Any:
        try:
            return self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return None

    def _write_table(self, plan: TablePlan, counts: Counts) -> str:
        name, known = plan.name, self._table(plan.name)
        if known and known["StorageDescriptor"].get("Location") != plan.location:
            # The name is another table's: Glue adds a hash of the path.
            digest = hashlib.md5(plan.location.encode(), usedforsecurity=False).hexdigest()
            name = f"{plan.name}_{digest}"
            known = self._table(name)
        wanted = table_input(plan, self._name, name)
        if known is None:
            self._glue.create_table(DatabaseName=self._database, TableInput=wanted)  # type: ignore[arg-type]
            counts.created += 1
        elif self._update == "UPDATE_IN_DATABASE":
            self._change_table(known, wanted, counts)
        return name

    def _change_table(self, known: Any, wanted: dict[str, Any], counts: Counts) -> None:
        before = known["StorageDescriptor"].get("Columns") or []
        if self._merge:
            names = {column["Name"] for column in before}
            new = [c for c in wanted["StorageDescriptor"]["Columns"] if c["Name"] not in names]
            wanted["StorageDescriptor"]["Columns"] = [*before, *new]
        kept = {k: v for k, v in (known.get("Parameters") or {}).items() if k not in _OWN}
        wanted["Parameters"] = kept | wanted["Parameters"]
        self._glue.update_table(DatabaseName=self._database, TableInput=wanted)  # type: ignore[arg-type]
        shown = [(column["Name"], column.get("Type")) for column in before]
        after = [(c["Name"], c["Type"]) for c in wanted["StorageDescriptor"]["Columns"]]
        counts.updated += shown != after

    def _write_partitions(self, plan: TablePlan, name: str) -> None:
        if not plan.partition_keys:
            return
        known = self._known_partitions(name)
        new = [values for values in sorted(plan.partitions) if values not in known]
        for start in range(0, len(new), _BATCH):
            self._glue.batch_create_partition(
                DatabaseName=self._database,
                TableName=name,
                PartitionInputList=[
                    partition_input(plan, self._name, values)  # type: ignore[misc]
                    for values in new[start : start + _BATCH]
                ],
            )
        if self._delete == "DELETE_FROM_DATABASE":
            self._drop_partitions(name, sorted(known - set(plan.partitions)))

    def _known_partitions(self, name: str) -> set[tuple[str, ...]]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._database, TableName=name
        )
        return {tuple(one["Values"]) for page in pages for one in page["Partitions"]}

    def _drop_partitions(self, name: str, gone: list[tuple[str, ...]]) -> None:
        for values in gone:
            self._glue.delete_partition(
                DatabaseName=self._database, TableName=name, PartitionValues=list(values)
            )

    def _see_to_missing(self, seen: set[str], targets: list[str], counts: Counts) -> None:
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database)
        for table in [table for page in pages for table in page["TableList"]]:
            location = (table.get("StorageDescriptor") or {}).get("Location", "")
            ours = (table.get("Parameters") or {}).get("UPDATED_BY_CRAWLER") == self._name
            below = any(location.startswith(target) for target in targets)
            if ours and below and table["Name"] not in seen:
                self._remove(table, counts)

    def _remove(self, table: Any, counts: Counts) -> None:
        if self._delete == "DELETE_FROM_DATABASE":
            self._glue.delete_table(DatabaseName=self._database, Name=table["Name"])
            counts.deleted += 1
        elif self._delete == "DEPRECATE_IN_DATABASE":
            stamp = str(int(dt.datetime.now(dt.UTC).timestamp() * 1000))
            wanted: Any = {key: table[key] for key in _INPUT if table.get(key) is not None}
            wanted["Parameters"] = table["Parameters"] | {"DEPRECATED_BY_CRAWLER": stamp}
            self._glue.update_table(DatabaseName=self._database, TableInput=wanted)


_OWN = {"DEPRECATED_BY_CRAWLER"}
_INPUT = ("Name", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
__all__ = ["CatalogWriter", "Counts", "columns"]
