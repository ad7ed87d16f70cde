"""What a SerDe is given, and what it gives: rows of the wanted columns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workflow.local.athena.catalog import Column, Serde
from workflow.local.athena.failures import QueryFailed


@dataclass(frozen=True)
class TextFile:
    """A decompressed file of a table, and what the query wants of it."""

    data: bytes
    uri: str
    serde: Serde
    columns: tuple[Column, ...]
    wanted: frozenset[str]

    def lines(self) -> Iterator[str]:
        """Give the lines after the header lines that the table says to skip."""
        skip = int(self.serde.properties.get("skip.header.line.count", "0") or 0)
        lines = self.data.decode("utf-8", "replace").split("\n")
        if lines and not lines[-1]:
            lines.pop()
        return (line.removesuffix("\r") for line in lines[skip:])

    def bad_data(self, field: int, why: str) -> QueryFailed:
        """Fail the query for one field, by its position."""
        return QueryFailed(
            "HIVE_BAD_DATA", f"Error parsing field value for field {field}: {why} in {self.uri}"
        )


Row = dict[str, Any]
Reader = Callable[[TextFile], Iterator[Row]]
