"""What the Glue catalog says: databases, tables, columns, registered partitions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.local.athena.data_types import DataType, from_hive

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

CATALOG = "awsdatacatalog"
INVALID = DataType("invalid")
HIDDEN = {"$path": DataType("varchar"), "$file_size": DataType("bigint")}


@dataclass(frozen=True)
class Column:
    """A column with its type in the catalog."""

    name: str
    type: DataType
    comment: str = ""


@dataclass(frozen=True)
class Serde:
    """How the bytes of a file become rows."""

    library: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Partition:
    """A registered partition, or the whole of a table that has none."""

    values: tuple[str, ...]
    location: str
    serde: Serde


@dataclass(frozen=True)
class Table:
    """A registered table."""

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    serde: Serde
    raw: dict[str, Any]

    def types(self) -> dict[str, DataType]:
        """Give all columns that ``SELECT *`` shows, in its order."""
        return {column.name: column.type for column in (*self.columns, *self.partition_keys)}


class Catalog:
    """Reads one Glue catalog; nothing is kept between calls.

    Args:
        glue: The client of the endpoint.
    """

    def __init__(self, glue: "GlueClient") -> None:
        """Keep the client."""
        self._glue = glue

    def databases(self) -> list[str]:
        """List the databases by name."""
        pages = self._glue.get_paginator("get_databases").paginate()
        return sorted(database["Name"] for page in pages for database in page["DatabaseList"])

    def has_database(self, name: str) -> bool:
        """Say whether the database exists."""
        try:
            self._glue.get_database(Name=name)
        except self._glue.exceptions.EntityNotFoundException:
            return False
        return True

    def tables(self, database: str) -> list[Table]:
        """List a database's tables by name."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=database)
        tables = [_table(raw) for page in pages for raw in page["TableList"]]
        return sorted(tables, key=lambda table: table.name)

    def table(self, database: str, name: str) -> Table | None:
        """Read one table; None where there is none."""
        try:
            answer = self._glue.get_table(DatabaseName=database, Name=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return None
        return _table(answer["Table"])

    def partitions(self, table: Table) -> list[Partition]:
        """List the partitions of a table; a table without partition keys is its own partition."""
        if not table.partition_keys:
            return [Partition((), table.location, table.serde)]
        return sorted(self._registered(table), key=lambda partition: partition.values)

    def _registered(self, table: Table) -> Iterator[Partition]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=table.database, TableName=table.name
        )
        for raw in (raw for page in pages for raw in page["Partitions"]):
            storage: Any = raw.get("StorageDescriptor") or table.raw["StorageDescriptor"]
            yield Partition(tuple(raw["Values"]), storage.get("Location", ""), _serde(storage))


def _table(raw: Any) -> Table:
    storage = raw.get("StorageDescriptor") or {}
    return Table(
        database=raw["DatabaseName"].lower(),
        name=raw["Name"].lower(),
        columns=_columns(storage.get("Columns")),
        partition_keys=_columns(raw.get("PartitionKeys")),
        location=storage.get("Location", ""),
        serde=_serde(storage, raw.get("Parameters")),
        raw=raw,
    )


def _columns(raw: list[Any] | None) -> tuple[Column, ...]:
    return tuple(
        Column(
            column["Name"].lower(),
            _type(column.get("Type", "string")),
            column.get("Comment") or "",
        )
        for column in raw or ()
    )


def _type(text: str) -> DataType:
    """Read a type; one that cannot be read spoils the queries of its table, not the lists."""
    try:
        return from_hive(text)
    except ValueError:
        return INVALID


def _serde(storage: Any, parameters: dict[str, str] | None = None) -> Serde:
    info = storage.get("SerdeInfo") or {}
    properties = {
        **(parameters or {}),
        **(storage.get("Parameters") or {}),
        **(info.get("Parameters") or {}),
    }
    library = info.get("SerializationLibrary", "")
    return Serde(library.rsplit(".", 1)[-1], properties)
