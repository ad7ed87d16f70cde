"""The ``information_schema`` of the catalog: schemata, tables and columns."""

from collections.abc import Iterator

import duckdb

from workflow.local.athena.catalog import CATALOG, Catalog, Column, Serde, Table
from workflow.local.athena.data_types import DataType, to_trino
from workflow.local.athena.loading import Source

NAME = "information_schema"
# DuckDB has a schema of that name of its own.
STAND_IN = "$information_schema"
_TEXT = DataType("varchar")
_TABLES = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "columns": (
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
        "data_type",
        "comment",
        "extra_info",
    ),
}


class InformationSchema:
    """Answers for the tables that describe the others.

    Args:
        catalog: The catalog that is described.
    """

    def __init__(self, catalog: Catalog) -> None:
        """Keep the catalog."""
        self._catalog = catalog

    @staticmethod
    def holds(table: Table) -> bool:
        """Say whether the table is one of this schema."""
        return table.database == STAND_IN

    def table(self, schema: str, name: str) -> Table | None:
        """Give a table of the schema; None for any other."""
        if schema != NAME or name not in _TABLES:
            return None
        columns = tuple(
            Column(column, DataType("bigint") if column == "ordinal_position" else _TEXT)
            for column in _TABLES[name]
        )
        return Table(STAND_IN, name, columns, (), "", Serde(""), {})

    def fill(self, connection: duckdb.DuckDBPyConnection, source: Source) -> None:
        """Fill the DuckDB table that stands for one of the schema."""
        rows = {"schemata": self._schemata, "tables": self._tables, "columns": self._columns}
        names = _TABLES[source.table.name]
        places = [names.index(name) for name in source.wanted]
        marks = ", ".join("?" for _ in places) or "0"
        for row in rows[source.table.name]():
            connection.execute(
                f"INSERT INTO {source.address} VALUES ({marks})",  # noqa: S608
                [row[place] for place in places],
            )

    def _schemata(self) -> Iterator[tuple[object, ...]]:
        yield CATALOG, NAME
        for database in self._catalog.databases():
            yield CATALOG, database

    def _tables(self) -> Iterator[tuple[object, ...]]:
        for table in self._all():
            yield CATALOG, table.database, table.name, "BASE TABLE"

    def _columns(self) -> Iterator[tuple[object, ...]]:
        for table in self._all():
            keys = {key.name for key in table.partition_keys}
            for i, column in enumerate((*table.columns, *table.partition_keys), start=1):
                yield (
                    *(CATALOG, table.database, table.name, column.name, i, None, "YES"),
                    to_trino(column.type),
                    column.comment or None,
                    "partition key" if column.name in keys else None,
                )

    def _all(self) -> Iterator[Table]:
        for database in self._catalog.databases():
            yield from self._catalog.tables(database)
