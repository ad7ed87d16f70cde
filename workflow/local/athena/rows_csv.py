"""Delimited text, as LazySimpleSerDe and OpenCSVSerde read it.

Both are positional: the first field of a line is the table's first column, whatever a header
says, missing fields are NULL and surplus ones are ignored. Lines end rows, quotes or not.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from workflow.local.athena.catalog import Column
from workflow.local.athena.failures import not_supported
from workflow.local.athena.rows import Row, TextFile
from workflow.local.athena.values import Converter, Unfit, converter

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NESTED = {"array", "row", "map"}


def _flat(column: Column) -> Column:
    if column.type.name in _NESTED:
        raise not_supported(f"The type of column {column.name} in delimited text")
    return column


def read_delimited(file: TextFile) -> Iterator[Row]:
    """Give the rows of a LazySimpleSerDe file: no quotes, what does not fit is NULL."""
    properties = file.serde.properties
    delimiter = properties.get("field.delim", properties.get("serialization.format", "\x01"))
    null = properties.get("serialization.null.format", "\\N")
    lines = (line.split(delimiter) for line in file.lines())
    return _rows(file, lines, lambda column: _or_null(_flat(column), null))


def _or_null(column: Column, null: str) -> Converter:
    convert = converter(column.type)

    def one(value: str) -> Any:
        try:
            return None if value == null else convert(value)
        except Unfit:
            return None

    return one


def read_quoted(file: TextFile) -> Iterator[Row]:
    """Give the rows of an OpenCSVSerde file: quotes are undone, what does not fit fails."""
    properties = file.serde.properties
    lines = (
        next(
            csv.reader(
                [line],
                delimiter=properties.get("separatorChar", ","),
                quotechar=properties.get("quoteChar", '"'),
                escapechar=properties.get("escapeChar", "\\"),
            ),
            [],
        )
        for line in file.lines()
    )
    return _rows(file, lines, _unix)


def _unix(column: Column) -> Converter:
    # OpenCSVSerde takes dates as days and timestamps as milliseconds since 1970.
    name = _flat(column).type.name
    if name == "date":
        return lambda value: (_EPOCH + dt.timedelta(days=_number(value))).date().isoformat()
    if name == "timestamp":
        return lambda value: _moment(dt.timedelta(milliseconds=_number(value)))
    return converter(column.type)


def _moment(since: dt.timedelta) -> str:
    return (_EPOCH + since).replace(tzinfo=None).isoformat(" ", "milliseconds")


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Unfit from None


def _rows(
    file: TextFile, lines: Iterator[list[str]], build: Callable[[Column], Converter]
) -> Iterator[Row]:
    fields = [
        (number, column.name, build(column))
        for number, column in enumerate(file.columns)
        if column.name in file.wanted
    ]
    for cells in lines:
        yield {
            name: _cell(file, number, cells, convert) if number < len(cells) else None
            for number, name, convert in fields
        }


def _cell(file: TextFile, number: int, cells: list[str], convert: Converter) -> Any:
    try:
        return convert(cells[number])
    except (Unfit, OverflowError):
        raise file.bad_data(number, "not a value of the column's type") from None
