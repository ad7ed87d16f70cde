"""JSON lines, as the OpenX SerDe reads them.

Keys match without regard to case, a missing key is NULL, a line that is not an object is a row of
NULLs, and a broken line fails the query unless ``ignore.malformed.json`` says otherwise.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from workflow.local.athena.catalog import Serde
from workflow.local.athena.failures import QueryFailed
from workflow.local.athena.rows import Row, TextFile
from workflow.local.athena.values import NumberText, Unfit, converter

Pairs = list[tuple[str, Any]]


class _DuplicateKey(ValueError):
    """Two keys are the same once case is ignored."""


def _flag(serde: Serde, name: str, default: str) -> bool:
    return serde.properties.get(name, default).lower() == "true"


def _keys(serde: Serde) -> Callable[[Pairs], dict[str, Any]]:
    folded = _flag(serde, "case.insensitive", "true")
    renamed = {
        (key.lower() if folded else key): name.removeprefix("mapping.")
        for name, key in serde.properties.items()
        if name.startswith("mapping.")
    }

    def build(pairs: Pairs) -> dict[str, Any]:
        lowered = [(key.lower(), value) for key, value in pairs] if folded else pairs
        row = {renamed.get(key, key): value for key, value in lowered}
        if len(row) != len(pairs):
            raise _DuplicateKey
        return row

    return build


def read_json(file: TextFile) -> Iterator[Row]:
    """Give the rows of a file of JSON lines."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_keys(file.serde), parse_float=NumberText, strict=False
    )
    lenient = _flag(file.serde, "ignore.malformed.json", "false")
    fields = [
        (number, column.name, converter(column.type))
        for number, column in enumerate(file.columns)
        if column.name in file.wanted
    ]
    names = [column.name for column in file.columns]
    for number, line in enumerate(file.lines(), start=1):
        row = _parse(decoder, line, names, lenient=lenient, place=f"row {number} of {file.uri}")
        yield {name: _field(file, field, row, name, convert) for field, name, convert in fields}


def _parse(
    decoder: json.JSONDecoder, line: str, names: list[str], *, lenient: bool, place: str
) -> Row:
    stripped = line.strip()
    if not stripped.startswith(("{", "[")):
        return {}
    try:
        parsed = decoder.decode(stripped)
    except (ValueError, RecursionError) as error:
        if lenient:
            return {}
        why = "Duplicate key" if isinstance(error, _DuplicateKey) else "not valid JSON"
        raise QueryFailed(
            "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - JSONException: {why} at {place}"
        ) from None
    if isinstance(parsed, list):
        return dict(zip(names, parsed, strict=False))
    return dict(parsed)


def _field(file: TextFile, number: int, row: Row, name: str, convert: Callable[[Any], Any]) -> Any:
    try:
        return convert(row.get(name))
    except Unfit:
        raise file.bad_data(number, f"not a value of column {name}'s type") from None
