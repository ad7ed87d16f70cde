"""Column types, and how Hive, Trino, DuckDB and the Athena API write them.

One tree (`DataType`) in the middle, one function for each notation around it. Names inside are
those of Trino (``integer``, ``varchar``, ``row``), since Athena's answers speak Trino.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_HIVE = {"int": "integer", "string": "varchar", "float": "real", "binary": "varbinary"}
_HIVE_BACK = {"integer": "int", "varchar": "string", "real": "float", "varbinary": "binary"}
_DUCKDB = {
    "varbinary": "BLOB",
    "char": "VARCHAR",
    "timestamp with time zone": "TIMESTAMPTZ",
    "unknown": "INTEGER",
}
_FROM_DUCKDB = {
    "hugeint": "bigint",
    "utinyint": "smallint",
    "usmallint": "integer",
    "uinteger": "bigint",
    "ubigint": "bigint",
    "float": "real",
    "blob": "varbinary",
    "uuid": "varchar",
    "enum": "varchar",
    "list": "array",
    "struct": "row",
    "tuple": "row",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "null": "unknown",
    "interval": "interval day to second",
}
_TOKEN = re.compile(r"\s*([<>,:()]|[^<>,:()\s]+)")


@dataclass(frozen=True)
class DataType:
    """A type: its Trino name, numbers in brackets, and the types that it is made of."""

    name: str
    numbers: tuple[int, ...] = ()
    parts: tuple["DataType", ...] = ()
    fields: tuple[str, ...] = ()

    def items(self) -> Iterator[tuple[str, "DataType"]]:
        """Give the fields of a row with their types."""
        return zip(self.fields, self.parts, strict=True)


VARCHAR = DataType("varchar")
BIGINT = DataType("bigint")
UNKNOWN = DataType("unknown")


class _HiveReader:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)

    def _take(self) -> str:
        return str(self._tokens.pop(0)) if self._tokens else ""

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise ValueError(f"{token} is missing in a type")

    def _next_is(self, token: str) -> bool:
        return bool(self._tokens) and self._tokens[0] == token

    def read(self) -> DataType:
        name = self._take().lower()
        name = _HIVE.get(name, name)
        if name == "struct":
            return self._struct()
        if self._next_is("<"):
            return DataType(name, parts=tuple(self._bracketed("<", ">", self.read)))
        if self._next_is("("):
            return DataType(name, tuple(self._bracketed("(", ")", lambda: int(self._take()))))
        return DataType(name, (10, 0)) if name == "decimal" else DataType(name)

    def _struct(self) -> DataType:
        fields = list(self._bracketed("<", ">", self._field))
        return DataType("row", (), tuple(kind for _, kind in fields), tuple(n for n, _ in fields))

    def _field(self) -> tuple[str, DataType]:
        name = self._take().strip("`").lower()
        self._expect(":")
        return name, self.read()

    def _bracketed(self, start: str, end: str, one: Callable[[], Any]) -> Iterator[Any]:
        self._expect(start)
        while self._tokens and not self._next_is(end):
            yield one()
            if self._next_is(","):
                self._take()
        self._expect(end)


def from_hive(text: str) -> DataType:
    """Read a type of the Glue catalog, for example ``array<struct<sku:string,qty:int>>``.

    Raises:
        ValueError: It is no type.
    """
    return _HiveReader(text).read()


def _numbers(kind: DataType) -> str:
    return f"({','.join(map(str, kind.numbers))})" if kind.numbers else ""


def to_hive(kind: DataType) -> str:
    """Write a type as the Glue catalog does."""
    if kind.name == "row":
        return f"struct<{','.join(f'{name}:{to_hive(part)}' for name, part in kind.items())}>"
    if kind.parts:
        return f"{kind.name}<{','.join(map(to_hive, kind.parts))}>"
    if kind.name == "timestamp with time zone":
        return "timestamp"
    if kind.name == "varchar" and kind.numbers:
        return f"varchar{_numbers(kind)}"
    return _HIVE_BACK.get(kind.name, kind.name) + _numbers(kind)


def to_trino(kind: DataType) -> str:
    """Write a type as Trino does, for example ``array(row(sku varchar, qty integer))``."""
    if kind.name == "row":
        return f"row({', '.join(f'{name} {to_trino(part)}' for name, part in kind.items())})"
    if kind.parts:
        return f"{kind.name}({', '.join(map(to_trino, kind.parts))})"
    return kind.name + ("(3)" if kind.name == "timestamp" else _numbers(kind))


def to_duckdb(kind: DataType) -> str:
    """Write a type as DuckDB does, for example ``STRUCT("sku" VARCHAR, "qty" INTEGER)[]``."""
    if kind.name == "row":
        fields = (f'"{name}" {to_duckdb(part)}' for name, part in kind.items())
        return f"STRUCT({', '.join(fields)})"
    if kind.name == "array":
        return f"{to_duckdb(kind.parts[0])}[]"
    if kind.name == "map":
        return f"MAP({', '.join(map(to_duckdb, kind.parts))})"
    return _DUCKDB.get(kind.name, kind.name.upper()) + (
        _numbers(kind) if kind.name == "decimal" else ""
    )


def from_duckdb(kind: Any) -> DataType:
    """Read the type of a DuckDB result column."""
    name = "json" if str(kind) == "JSON" else str(kind.id)
    name = _FROM_DUCKDB.get(name, name)
    if name == "decimal":
        numbers = dict(kind.children)
        return DataType("decimal", (int(numbers["precision"]), int(numbers["scale"])))
    if name in {"array", "map", "row"}:
        return _nested(name, kind)
    return DataType(name)


def _nested(name: str, kind: Any) -> DataType:
    children = [(label, part) for label, part in kind.children if not isinstance(part, int)]
    parts = tuple(from_duckdb(part) for _, part in children)
    return DataType(name, (), parts, _labels(children) if name == "row" else ())


def _labels(children: list[tuple[str, Any]]) -> tuple[str, ...]:
    # A row without names has the fields field0, field1, ... in what Athena prints.
    names = [str(label) for label, _ in children]
    unnamed = all(name in {"", f"_{i}", f"element{i + 1}"} for i, name in enumerate(names))
    return tuple(f"field{i}" for i in range(len(names))) if unnamed else tuple(names)
