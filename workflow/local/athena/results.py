"""The result files of a query, and the pages of GetQueryResults read back from them.

As on Athena the CSV is the only place that holds rows, every value is quoted, and NULL is an
empty field without quotes, so that it differs from an empty string.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from workflow.local.athena.data_types import DataType, to_trino
from workflow.local.athena.failures import QueryFailed, QueryRefused
from workflow.local.athena.printing import printer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Row = list[str | None]
_CELL = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")|([^,\n"]*)')
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Page:
    """Some rows of a result, and where the next ones start."""

    rows: list[Row]
    next_offset: int | None


def write_csv(path: Path, names: Iterable[str], types: list[DataType], rows: Any) -> int:
    """Write a result with its header; give the number of rows."""
    writers = [printer(kind) for kind in types]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_line(list(names)))
        for row in rows:
            pairs = zip(writers, row, strict=True)
            file.write(_line([None if v is None else write(v) for write, v in pairs]))
            count += 1
    return count


def _line(cells: Row) -> str:
    return ",".join("" if c is None else '"' + c.replace('"', '""') + '"' for c in cells) + "\n"


def read_lines(text: str, *, complete: bool) -> Iterator[tuple[Row, int]]:
    """Give the rows of CSV text with the offset after each; a cut-off row is left out."""
    start = 0
    while start < len(text):
        row, end = _read_line(text, start)
        if end is None and not complete:
            return
        start = len(text) if end is None else end
        yield row, start


def _read_line(text: str, start: int) -> tuple[Row, int | None]:
    row: Row = []
    while True:
        match = _CELL.match(text, start)
        assert match is not None
        quoted = match[1]
        if quoted is None and text.startswith('"', start):
            return row, None  # the closing quote is in the part that follows
        row.append(quoted.replace('""', '"') if quoted is not None else match[2] or None)
        start = match.end()
        if start >= len(text):
            return row, None
        if text[start] == "\n":
            return row, start + 1
        start += 1


def split(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key``."""
    place = urlsplit(uri, allow_fragments=False)
    return place.netloc, place.path.lstrip("/")


class ResultStore:
    """Puts result files where the query says, and reads pages of them.

    Args:
        s3: The client of the endpoint.
    """

    def __init__(self, s3: "S3Client") -> None:
        """Keep the client."""
        self._s3 = s3

    def put(self, uri: str, path: Path) -> None:
        """Upload a result file."""
        bucket, key = split(uri)
        try:
            with path.open("rb") as body:
                self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise QueryFailed(
                "PERMISSION_DENIED" if code == "AccessDenied" else "OUTPUT_LOCATION",
                f"Access denied or no bucket when writing output to url: {uri}",
            ) from None

    def put_bytes(self, uri: str, data: bytes) -> None:
        """Upload a small file that belongs to a result."""
        bucket, key = split(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=data)

    def lines(self, uri: str, *, offset: int, most: int) -> Page:
        """Read lines of text as rows of one cell, from the line at an offset on."""
        bucket, key = split(uri)
        try:
            data = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise QueryRefused(f"Could not find results: {code}") from None
        lines = data.decode().splitlines()
        end = offset + most
        rows: list[Row] = [[line] for line in lines[offset:end]]
        return Page(rows, end if end < len(lines) else None)

    def page(self, uri: str, *, offset: int, most: int) -> Page:
        """Read rows from a byte offset of a result file on.

        Raises:
            QueryRefused: The file is gone.
        """
        data, complete = b"", False
        while True:
            chunk, complete = self._range(uri, offset + len(data))
            data += chunk
            text = data.decode("utf-8", "ignore")
            rows = list(read_lines(text, complete=complete))
            if complete or len(rows) > most:
                break
        if len(rows) <= most:
            return Page([row for row, _ in rows], None)
        consumed = len(text[: rows[most - 1][1]].encode())
        return Page([row for row, _ in rows[:most]], offset + consumed)

    def _range(self, uri: str, start: int) -> tuple[bytes, bool]:
        bucket, key = split(uri)
        try:
            answer = self._s3.get_object(
                Bucket=bucket, Key=key, Range=f"bytes={start}-{start + _CHUNK - 1}"
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"InvalidRange", "416"}:
                return b"", True
            raise QueryRefused(f"Could not find results: {code}") from None
        data = answer["Body"].read()
        total = int(answer.get("ContentRange", f"/{len(data)}").rsplit("/", 1)[-1])
        return data, start + len(data) >= total


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def metadata(columns: Iterable[tuple[str, DataType]]) -> bytes:
    """Write what lies next to the CSV as ``.metadata``: a protocol buffer of the columns.

    Its layout is not documented; clients read the columns through GetQueryResults. It is there
    because clients delete it together with the CSV.
    """
    out = bytearray()
    for name, kind in columns:
        fields = ((1, "hive"), (4, name), (5, name), (6, to_trino(kind)))
        column = b"".join(
            bytes([number << 3 | 2]) + _varint(len(text.encode())) + text.encode()
            for number, text in fields
        )
        out += b"\x22" + _varint(len(column)) + column
    return bytes(out)
