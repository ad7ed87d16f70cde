"""Values of text files, brought to the catalog's types.

A converter takes what JSON or CSV holds and gives what `json.dumps` writes and DuckDB reads back
as the type. It raises `Unfit` where the value cannot be of the type; what that means is the
SerDe's business (NULL, or a failed query).
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from workflow.local.athena.data_types import DataType, to_trino
from workflow.local.athena.failures import not_supported

Converter = Callable[[Any], Any]
_BITS = {"tinyint": 7, "smallint": 15, "integer": 31, "bigint": 63}
_INTEGER = re.compile(r"[+-]?\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?Z?")


class Unfit(ValueError):
    """The value is not one of the column's type."""


class NumberText(str):
    """A JSON number with a fraction or an exponent, kept as it was written."""

    __slots__ = ()


def text(value: Any) -> str:
    """Give the text that a string column shows for a JSON value."""
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _whole(name: str) -> Converter:
    limit = 1 << _BITS[name]

    def convert(value: Any) -> int:
        number = _to_int(value)
        if not -limit <= number < limit:
            raise Unfit
        return number

    return convert


def _to_int(value: Any) -> int:
    if isinstance(value, NumberText):
        return int(float(value))
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Unfit


def _floating(value: Any) -> float | str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit
    try:
        number = float(value)
    except ValueError:
        raise Unfit from None
    return number if number - number == 0 else str(number)


def _decimal(value: Any) -> str:
    try:
        number = Decimal(value) if isinstance(value, str) else Decimal(_to_int(value))
    except InvalidOperation:
        raise Unfit from None
    if not number.is_finite():
        raise Unfit
    return f"{number:f}"


def _boolean(value: Any) -> bool:
    lowered = value.lower() if isinstance(value, str) else value
    if lowered is True or lowered == "true":
        return True
    if lowered is False or lowered == "false":
        return False
    raise Unfit


def _matched(pattern: re.Pattern[str], value: Any) -> re.Match[str]:
    match = pattern.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unfit
    return match


def _date(value: Any) -> str:
    return _matched(_DATE, value).group()


def _timestamp(value: Any) -> str:
    match = _matched(_TIMESTAMP, value)
    return f"{match[1]} {match[2] or '00:00:00'}"


def _array(kind: DataType) -> Converter:
    item = converter(kind.parts[0])

    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Unfit
        return [item(one) for one in value]

    return convert


def _row(kind: DataType) -> Converter:
    fields = {name: converter(part) for name, part in kind.items()}

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unfit
        return {name: field(value.get(name)) for name, field in fields.items()}

    return convert


def _map(kind: DataType) -> Converter:
    item = converter(kind.parts[1])

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unfit
        return {key: item(one) for key, one in value.items()}

    return convert


_SCALARS: dict[str, Converter] = {
    "varchar": text,
    "char": text,
    "boolean": _boolean,
    "double": _floating,
    "real": _floating,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    **{name: _whole(name) for name in _BITS},
}
_NESTED = {"array": _array, "row": _row, "map": _map}


def converter(kind: DataType) -> Converter:
    """Build the converter of a type; NULL stays NULL."""
    if kind.name in _NESTED:
        convert = _NESTED[kind.name](kind)
    elif kind.name in _SCALARS:
        convert = _SCALARS[kind.name]
    else:
        raise not_supported(f"The type {to_trino(kind)} in a text file")

    return lambda value: None if value is None else convert(value)
