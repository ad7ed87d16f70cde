"""CREATE EXTERNAL TABLE, as far as tables over files need it."""

from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from workflow.local.athena.data_types import from_hive, to_hive
from workflow.local.athena.failures import QueryFailed, not_supported

_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@dataclass(frozen=True)
class Created:
    """What a CREATE EXTERNAL TABLE defines."""

    name: str
    lenient: bool
    table_input: dict[str, Any]


def read_create_table(text: str) -> Created:
    """Read the statement.

    Raises:
        QueryFailed: It is not one that is understood here.
    """
    try:
        tree = sqlglot.parse_one(text, read="hive")
    except SqlglotError:
        raise QueryFailed("FAILED", "ParseException line 1:0 cannot recognize input") from None
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Schema):
        raise not_supported("This form of CREATE TABLE")
    found, parameters = _properties(tree), _table_properties(tree)
    if "table_type" in parameters:
        raise not_supported("A table of a table format, such as Iceberg")
    location = found.get(exp.LocationProperty)
    if location is None:
        raise not_supported("CREATE TABLE without LOCATION")
    library, options = _serde(found)
    reads, writes = _PARQUET if library == PARQUET else _TEXT
    table = {
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **parameters},
        "PartitionKeys": _columns(found.get(exp.PartitionedByProperty)),
        "StorageDescriptor": {
            "Columns": _columns(tree.this),
            "Location": location.this.name,
            "InputFormat": reads,
            "OutputFormat": writes,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": options},
        },
    }
    name = ".".join(part.name for part in tree.this.this.parts)
    return Created(name, bool(tree.args.get("exists")), table)


def _properties(tree: exp.Create) -> dict[type[exp.Expr], exp.Expr]:
    held = tree.args.get("properties")
    return {type(one): one for one in held.expressions} if held else {}


def _table_properties(tree: exp.Create) -> dict[str, str]:
    held = tree.args.get("properties")
    plain = [one for one in held.expressions if type(one) is exp.Property] if held else []
    return {one.name: one.args["value"].name for one in plain}


def _columns(schema: exp.Expr | None) -> list[dict[str, str]]:
    if isinstance(schema, exp.PartitionedByProperty):
        schema = schema.this
    if schema is None:
        return []
    return [
        {"Name": one.name.lower(), "Type": to_hive(from_hive(one.args["kind"].sql("hive").lower()))}
        for one in schema.expressions
    ]


def _serde(found: dict[type[exp.Expr], exp.Expr]) -> tuple[str, dict[str, str]]:
    stored = found.get(exp.FileFormatProperty)
    if stored is not None and stored.name.upper() == "PARQUET":
        return PARQUET, {"serialization.format": "1"}
    given = found.get(exp.RowFormatSerdeProperty)
    if given is not None:
        options = found.get(exp.SerdeProperties) or given.args.get("serde_properties")
        pairs = options.expressions if options is not None else []
        return given.name, {one.name: one.args["value"].name for one in pairs}
    delimited = found.get(exp.RowFormatDelimitedProperty)
    fields = delimited.args.get("fields") if delimited is not None else None
    delimiter = fields.name if fields is not None else "\x01"
    return LAZY, {"field.delim": delimiter, "serialization.format": delimiter}
