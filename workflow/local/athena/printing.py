"""Values and column types, as the Athena API prints them."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from workflow.local.athena.data_types import DataType
from workflow.local.athena.failures import QueryFailed

_PRECISION = {
    "varchar": 2147483647,
    "char": 1,
    "varbinary": 1073741824,
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "double": 17,
    "real": 17,
    "timestamp": 3,
    "timestamp with time zone": 3,
}
_API_NAMES = {"real": "float"}
_BIGGEST = 2**63
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7
Printer = Callable[[Any], str]


def column_info(name: str, kind: DataType) -> dict[str, Any]:
    """Describe a result column as GetQueryResults does."""
    precision, scale = _PRECISION.get(kind.name, 0), 0
    if kind.name == "decimal":
        precision, scale = kind.numbers
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": _API_NAMES.get(kind.name, kind.name),
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.name in {"varchar", "char"},
    }


def _double(value: float) -> str:
    """Write a double as Java does: 1.0, 1.0E20, 1.0E-4, Infinity."""
    if value != value:  # noqa: PLR0124 - NaN is the only value that differs from itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        text = f"{Decimal(repr(value)):f}"
        return text if "." in text else f"{text}.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    first, rest = str(digits[0]), "".join(map(str, digits[1:])) or "0"
    return f"{'-' * sign}{first}.{rest}E{exponent + len(digits) - 1}"


def _real(value: float) -> str:
    import struct

    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return _double(short)
    return _double(value)


def _timestamp(value: dt.datetime) -> str:
    return value.replace(tzinfo=None).isoformat(" ", "milliseconds")


def _bigint(value: int) -> str:
    if not -_BIGGEST <= value < _BIGGEST:
        raise QueryFailed("NUMERIC_VALUE_OUT_OF_RANGE", "bigint overflow")
    return str(value)


def _json(value: str) -> str:
    return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))


_SCALARS: dict[str, Printer] = {
    "boolean": lambda value: "true" if value else "false",
    "bigint": _bigint,
    "double": _double,
    "real": _real,
    "decimal": lambda value: f"{value:f}",
    "timestamp": _timestamp,
    "timestamp with time zone": lambda value: f"{_timestamp(value)} UTC",
    "date": lambda value: value.isoformat(),
    "time": lambda value: value.isoformat("milliseconds"),
    "varbinary": lambda value: value.hex(" "),
    "json": _json,
}


def printer(kind: DataType) -> Printer:
    """Build what writes the values of a type; NULL inside a list or a row is ``null``."""
    if kind.name == "array":
        item = _nullable(kind.parts[0])
        return lambda value: f"[{', '.join(map(item, value))}]"
    if kind.name == "row":
        return _row(kind)
    if kind.name == "map":
        key, item = (_nullable(part) for part in kind.parts)
        return lambda value: f"{{{', '.join(f'{key(k)}={item(v)}' for k, v in value.items())}}}"
    return _SCALARS.get(kind.name, str)


def _row(kind: DataType) -> Printer:
    fields = [(name, _nullable(part)) for name, part in kind.items()]

    def write(value: Any) -> str:
        values = value.values() if isinstance(value, dict) else value
        pairs = zip(fields, values, strict=True)
        return f"{{{', '.join(f'{name}={field(one)}' for (name, field), one in pairs)}}}"

    return write


def _nullable(kind: DataType) -> Printer:
    write = printer(kind)
    return lambda value: "null" if value is None else write(value)
