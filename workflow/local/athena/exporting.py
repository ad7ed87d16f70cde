"""CREATE TABLE AS SELECT and UNLOAD: the rows of a query become Parquet files of the lake."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflow.local.athena.create_table import PARQUET
from workflow.local.athena.data_types import DataType, to_hive
from workflow.local.athena.engine import Request, Run
from workflow.local.athena.executions import Execution
from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.parsing import strip
from workflow.local.athena.results import ResultStore

if TYPE_CHECKING:
    import datetime as dt

    from mypy_boto3_glue import GlueClient

_CTAS = re.compile(
    r"CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?((?:\"[^\"]+\"|\w+)(?:\.(?:\"[^\"]+\"|\w+))?)\s*"
    r"(?:WITH\s*\((.*?)\)\s*)?AS\s+(.*)",
    re.IGNORECASE | re.DOTALL,
)
_UNLOAD = re.compile(
    r"UNLOAD\s*\((.*)\)\s*TO\s*'([^']+)'\s*WITH\s*\((.*?)\)\s*", re.IGNORECASE | re.DOTALL
)
_OPTION = re.compile(r"(\w+)\s*=\s*'([^']*)'")
_CODECS = {"SNAPPY", "GZIP", "ZSTD", "NONE"}
_ANSWERED = {
    "external_location",
    "format",
    "write_compression",
    "parquet_compression",
    "compression",
}


@dataclass(frozen=True)
class _Export:
    sql: str
    location: str
    options: dict[str, str]
    table: str | None = None


class Exporter:
    """Runs the statements that write files.

    Args:
        results: Puts files.
        glue: Registers the table.
    """

    def __init__(self, results: ResultStore, glue: "GlueClient") -> None:
        """Keep what it works with."""
        self._results = results
        self._glue: Any = glue

    def run(self, execution: Execution, run: Run, now: "dt.datetime") -> None:
        """Run the query and write its rows; the manifest lists the files.

        Raises:
            QueryFailed: As Athena's StateChangeReason says.
        """
        export = _read(execution)
        codec = _codec(export.options)
        request = Request(export.sql, execution.database, execution.parameters, now)
        path = run.folder / "rows.parquet"
        answer = run.export(request, path, codec=codec, named=export.table is not None)
        execution.scanned = answer.scanned
        count = next(iter(answer.rows))[0]
        files = []
        if count:
            files = [f"{export.location}{uuid.uuid4().hex}.{codec.lower()}.parquet"]
            self._results.put(files[0], path)
        if export.table is not None:
            self._register(execution, export, answer.columns)
        execution.update_count = int(count)
        execution.manifest = f"{execution.output}-manifest.csv"
        self._results.put_bytes(execution.manifest, "".join(f"{f}\n" for f in files).encode())
        self._results.put_bytes(f"{execution.output}.metadata", b"")

    def _register(
        self, execution: Execution, export: _Export, columns: Sequence[tuple[str, DataType]]
    ) -> None:
        database, _, name = (export.table or "").replace('"', "").lower().rpartition(".")
        serde = {"SerializationLibrary": PARQUET, "Parameters": {"serialization.format": "1"}}
        self._glue.create_table(
            DatabaseName=database or execution.database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
                "PartitionKeys": [],
                "StorageDescriptor": {
                    "Columns": [
                        {"Name": column.lower(), "Type": to_hive(kind)} for column, kind in columns
                    ],
                    "Location": export.location,
                    "SerdeInfo": serde,
                },
            },
        )


def _read(execution: Execution) -> _Export:
    text = strip(execution.text)
    unload = _UNLOAD.fullmatch(text)
    if unload is not None:
        return _Export(unload[1], _folder(unload[2]), _options(unload[3]))
    created = _CTAS.fullmatch(text)
    if created is None:
        raise not_supported("This form of the statement")
    options = _options(created[3] or "")
    default = f"{execution.output.rpartition('/')[0]}/{execution.id}/"
    location = _folder(options.get("external_location", default))
    return _Export(created[4], location, options, created[2])


def _options(text: str) -> dict[str, str]:
    options = {match[1].lower(): match[2] for match in _OPTION.finditer(text)}
    others = {name.lower() for name in re.findall(r"(\w+)\s*=", text)} - _ANSWERED
    if others:
        raise not_supported(f"The table property {min(others)}")
    return options


def _folder(location: str) -> str:
    return location if location.endswith("/") else f"{location}/"


def _codec(options: dict[str, str]) -> str:
    if options.get("format", "PARQUET").upper() != "PARQUET":
        raise not_supported("Writing another format than PARQUET")
    names = ("write_compression", "parquet_compression", "compression")
    codec = next((options[name].upper() for name in names if name in options), "GZIP")
    if codec not in _CODECS:
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"Unsupported compression {codec}")
    return codec
