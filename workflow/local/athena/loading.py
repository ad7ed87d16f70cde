"""Brings the objects of a table into a DuckDB table with the catalog's types.

Strategy: text files go through the SerDe row by row, in Python, to lines of JSON in a temporary
file, which DuckDB reads with the types of the catalog; Parquet files are read by DuckDB itself.
Only the columns that the query names are brought. Memory holds a few objects at a time.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from workflow.local.athena.catalog import HIDDEN, Partition, Table
from workflow.local.athena.data_types import DataType, to_duckdb
from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.objects import Objects, Planned, decompress
from workflow.local.athena.parquet_files import select_parquet
from workflow.local.athena.rows import Reader, Row, TextFile
from workflow.local.athena.rows_csv import read_delimited, read_quoted
from workflow.local.athena.rows_json import read_json
from workflow.local.athena.sql_text import identifier, literal
from workflow.local.athena.values import Unfit, converter

if TYPE_CHECKING:
    from collections.abc import Iterable

READERS: dict[str, Reader] = {
    "JsonSerDe": read_json,
    "LazySimpleSerDe": read_delimited,
    "OpenCSVSerde": read_quoted,
}
PARQUET = "ParquetHiveSerDe"


@dataclass(frozen=True)
class Source:
    """A table of the query with the columns that the query wants, in the table's order."""

    table: Table
    wanted: tuple[str, ...]

    def types(self) -> dict[str, DataType]:
        """Give the wanted columns with their types."""
        known = {**self.table.types(), **HIDDEN}
        return {name: known[name] for name in self.wanted}

    @property
    def address(self) -> str:
        """The DuckDB table that stands for it."""
        return f"awsdatacatalog.{identifier(self.table.database)}.{identifier(self.table.name)}"


class Loader:
    """Fills DuckDB tables from objects.

    Args:
        connection: The query's own DuckDB.
        objects: Where the objects come from.
        folder: A temporary folder that goes away with the query.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, objects: Objects, folder: Path
    ) -> None:
        """Keep what it works with."""
        self._connection = connection
        self._objects = objects
        self._folder = folder
        self._files = 0

    def create(self, source: Source) -> None:
        """Create the empty table of a source."""
        # A table without columns does not exist in DuckDB; count(*) wants none.
        columns = [f"{identifier(name)} {to_duckdb(kind)}" for name, kind in source.types().items()]
        schema = f"awsdatacatalog.{identifier(source.table.database)}"
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        self._connection.execute(
            f"CREATE TABLE {source.address} ({', '.join(columns or ['nothing INTEGER'])})"
        )

    def load(self, source: Source, planned: "Iterable[Planned]") -> int:
        """Fill the table of a source; give the bytes that were read."""
        scanned = 0
        for one, data in self._objects.fetch(planned):
            scanned += len(data)
            self._load_one(source, one, data)
        return scanned

    def _load_one(self, source: Source, planned: Planned, data: bytes) -> None:
        self._files += 1
        path = self._folder / f"{self._files}"
        library = planned.partition.serde.library
        try:
            if library == PARQUET:
                path.write_bytes(data)
                self._insert(source, self._parquet(source, planned, path))
            elif library in READERS:
                self._write_rows(path, source, planned, data)
                self._insert(source, _select_rows(path, source))
            else:
                raise not_supported(f"The SerDe {library or '(none)'}")
        finally:
            path.unlink(missing_ok=True)

    def _parquet(self, source: Source, planned: Planned, path: Path) -> str:
        types = {
            column.name: column.type
            for column in source.table.columns
            if column.name in source.wanted
        }
        constants = {
            name: f"{literal(str(value))}::{to_duckdb(source.types()[name])}"
            if value is not None
            else "NULL"
            for name, value in _constants(source, planned).items()
        }
        return select_parquet(
            self._connection, path, uri=planned.uri, types=types, constants=constants
        )

    def _insert(self, source: Source, select: str) -> None:
        names = ", ".join(map(identifier, source.wanted or ("nothing",)))
        try:
            self._connection.execute(f"INSERT INTO {source.address} ({names}) {select}")
        except duckdb.ConversionException:
            # DuckDB's own text quotes the value.
            raise QueryFailed(
                "HIVE_BAD_DATA", f"A value does not fit its column in {source.table.name}"
            ) from None

    def _write_rows(self, path: Path, source: Source, planned: Planned, data: bytes) -> None:
        file = TextFile(
            decompress(planned, data),
            planned.uri,
            planned.partition.serde,
            source.table.columns,
            frozenset(source.wanted),
        )
        constants = _constants(source, planned)
        with path.open("w", encoding="utf-8") as lines:
            lines.writelines(_lines(READERS[file.serde.library](file), constants))


def _lines(rows: Iterator[Row], constants: Row) -> Iterator[str]:
    for row in rows:
        yield json.dumps({**row, **constants, "nothing": 0}) + "\n"


def _select_rows(path: Path, source: Source) -> str:
    types = source.types() or {"nothing": DataType("integer")}
    columns = ", ".join(
        f"{literal(name)}: {literal(to_duckdb(kind))}" for name, kind in types.items()
    )
    names = ", ".join(map(identifier, types))
    return (
        f"SELECT {names} FROM read_json({literal(str(path))}, format='newline_delimited', "  # noqa: S608
        f"compression='none', maximum_object_size=1073741824, columns={{{columns}}})"
    )


def partition_values(table: Table, partition: Partition) -> Row:
    """Bring the partition's values, which Glue keeps as text, to the types of their keys."""
    row: Row = {}
    for key, value in zip(table.partition_keys, partition.values, strict=False):
        try:
            convert = converter(key.type)
            row[key.name] = None if value == "__HIVE_DEFAULT_PARTITION__" else convert(value)
        except Unfit:
            raise QueryFailed(
                "HIVE_INVALID_PARTITION_VALUE",
                f"Invalid partition value for {key.type.name} partition key: {key.name}",
            ) from None
    return row


def _constants(source: Source, planned: Planned) -> Row:
    values = {
        **partition_values(source.table, planned.partition),
        "$path": planned.uri,
        "$file_size": planned.size,
    }
    return {name: value for name, value in values.items() if name in source.wanted}
