"""Classifiers: what a file is, and which columns it has.

Each entry of `CLASSIFIERS` takes the first bytes of a decompressed file and gives a `Found`, or
None where the file is something else. They are asked in order, as Glue asks its own.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from workflow.local.athena.data_types import from_duckdb, to_hive
from workflow.local.athena.sql_text import literal
from workflow.local.crawler.schema import (
    NOTHING,
    Array,
    Struct,
    Type,
    columns,
    merge,
    merge_all,
    merge_structs,
    of_value,
)

_DELIMITERS = ",|\t;\x01"
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_HEADER_WIDTH = 150
_FEWEST = 2
_ROWS = 1000
PARQUET = b"PAR1"


@dataclass(frozen=True)
class Found:
    """What a file is: its classification, its columns, and how it is laid out."""

    classification: str
    columns: tuple[tuple[str, Type], ...]
    rows: int
    layout: dict[str, str] = field(default_factory=dict)

    def merged(self, other: "Found") -> "Found":
        """Merge the columns of another file of the same kind."""
        both = merge_structs(Struct(self.columns), Struct(other.columns))
        return Found(self.classification, both.fields, self.rows + other.rows, self.layout)

    def names(self) -> list[tuple[str, str]]:
        """Give the columns as the catalog writes them."""
        return columns(Struct(self.columns))


def _parquet(data: bytes) -> Found | None:
    if not (data.startswith(PARQUET) and data.endswith(PARQUET)):
        return None
    with TemporaryDirectory(prefix="lakescrub-crawler-") as folder:
        path = Path(folder) / "file.parquet"
        path.write_bytes(data)
        relation = f"read_parquet({literal(str(path))})"
        try:
            with duckdb.connect(":memory:", config={"threads": 1}) as connection:
                described = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description  # noqa: S608
                rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()  # noqa: S608
        except duckdb.Error:
            return None
    names = [(name, to_hive(from_duckdb(kind))) for name, kind, *_ in described or ()]
    return Found("parquet", tuple(names), rows[0] if rows else 0)


def _json(data: bytes) -> Found | None:
    text = data.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[")):
        return None
    merged, rows = Struct(()), 0
    for document in _documents(text):
        row = of_value(document)
        if isinstance(row, Array):
            row = Struct((("array", row),))
        if isinstance(row, Struct):
            merged, rows = merge_structs(merged, row), rows + 1
    return Found("json", merged.fields, rows) if merged.fields else None


def _documents(text: str) -> Iterator[Any]:
    """Give the JSON values that follow one another; the last may be cut off."""
    decoder, start = json.JSONDecoder(strict=False), 0
    space = re.compile(r"[\s,]*")
    while start < len(text):
        try:
            value, start = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        yield value
        match = space.match(text, start)
        start = match.end() if match else len(text)


def _csv(data: bytes) -> Found | None:
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()][:_ROWS]
    delimiter = next((one for one in _DELIMITERS if _splits(lines, one)), None)
    if delimiter is None or "\x00" in text:
        return None
    cells = [line.split(delimiter) for line in lines]
    header = _has_header(cells)
    width = max(map(len, cells))
    names = cells[0] if header else [f"col{i}" for i in range(width)]
    body = cells[1:] if header else cells
    types = [merge_all(_cell_type(row[i]) for row in body if i < len(row)) for i in range(width)]
    layout = {"delimiter": delimiter, **({"skip.header.line.count": "1"} if header else {})}
    named = tuple((_column_name(n), kind) for n, kind in zip(names, types, strict=False))
    return Found("csv", named, len(body), layout)


def _splits(lines: list[str], delimiter: str) -> bool:
    counts = {line.count(delimiter) for line in lines[:-1] or lines}
    return len(lines) >= _FEWEST and len(counts) == 1 and counts != {0}


def _has_header(cells: list[list[str]]) -> bool:
    """A header is all text, and some row below it is not (Glue's rule)."""
    first = cells[0]
    if any(_cell_type(one) != "string" for one in first):
        return False
    if any(len(one) >= _HEADER_WIDTH for one in first[:-1]):
        return False
    return any(_cell_type(one) not in {"string", NOTHING} for row in cells[1:] for one in row)


def _cell_type(cell: str) -> Type:
    text = cell.strip()
    if not text:
        return NOTHING
    if _WHOLE.fullmatch(text):
        return "bigint"
    if _NUMBER.fullmatch(text):
        return "double"
    return "boolean" if text.lower() in {"true", "false"} else "string"


def _column_name(text: str) -> str:
    return text.strip().strip('"').lower()


CLASSIFIERS: tuple[Callable[[bytes], Found | None], ...] = (_parquet, _json, _csv)


def classify(data: bytes) -> Found | None:
    """Ask the classifiers in order."""
    return next((found for one in CLASSIFIERS if (found := one(data)) is not None), None)


def similar(left: Found, right: Found) -> bool:
    """Say whether two files can be of one table: same kind, and most columns in common."""
    if left.classification != right.classification:
        return False
    ours, theirs = ({name.lower() for name, _ in one.columns} for one in (left, right))
    shared = len(ours & theirs)
    return shared >= _SIMILAR * min(len(ours), len(theirs))


_SIMILAR = 0.7
__all__ = ["CLASSIFIERS", "Found", "classify", "merge", "similar"]
