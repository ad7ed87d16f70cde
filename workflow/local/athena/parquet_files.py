"""Parquet files, as Athena reads them: by name, and only where the types are akin."""

from pathlib import Path

import duckdb

from workflow.local.athena.data_types import DataType, from_duckdb, to_duckdb, to_trino
from workflow.local.athena.failures import QueryFailed
from workflow.local.athena.sql_text import identifier, literal

_WIDENS = {
    "tinyint": {"tinyint"},
    "smallint": {"tinyint", "smallint"},
    "integer": {"tinyint", "smallint", "integer"},
    "bigint": {"tinyint", "smallint", "integer", "bigint"},
    "double": {"real", "double"},
    "real": {"real", "double"},
    "timestamp": {"timestamp", "timestamp with time zone"},
    "char": {"varchar"},
    "varchar": {"varchar", "varbinary", "json"},
    "varbinary": {"varchar", "varbinary"},
}


def select_parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    uri: str,
    types: dict[str, DataType],
    constants: dict[str, str],
) -> str:
    """Build the SELECT that gives the wanted columns of one file, then the constants."""
    relation = f"read_parquet({literal(str(path))})"
    try:
        described = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description  # noqa: S608
    except duckdb.Error:
        raise QueryFailed("HIVE_CURSOR_ERROR", f"Failed to read Parquet file: {uri}") from None
    held = {name.lower(): (name, from_duckdb(kind)) for name, kind, *_ in described or ()}
    columns = [_column(name, kind, held, uri) for name, kind in types.items()]
    selected = [*columns, *constants.values()] or ["NULL"]
    return f"SELECT {', '.join(selected)} FROM {relation}"  # noqa: S608


def _column(name: str, kind: DataType, held: dict[str, tuple[str, DataType]], uri: str) -> str:
    if name not in held:
        return "NULL"
    spelled, found = held[name]
    if not _akin(kind, found):
        raise QueryFailed(
            "HIVE_BAD_DATA",
            f"Field {name}'s type {to_trino(found)} in parquet file {uri} is incompatible with "
            f"type {to_trino(kind)} defined in table schema",
        )
    return f"CAST({identifier(spelled)} AS {to_duckdb(kind)})"


def _akin(wanted: DataType, found: DataType) -> bool:
    if wanted.name in {"array", "map"}:
        return wanted.name == found.name and all(map(_akin, wanted.parts, found.parts))
    if wanted.name == "row":
        held = {name.lower(): part for name, part in found.items()} if found.fields else {}
        return found.name == "row" and all(
            _akin(part, held[name]) for name, part in wanted.items() if name in held
        )
    return found.name in _WIDENS.get(wanted.name, {wanted.name})
