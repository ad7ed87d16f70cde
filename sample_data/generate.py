# ruff: noqa: INP001 -- a script beside its output, in no package
"""Write the sample files of this folder; the same seed gives the same bytes.

    python sample_data/generate.py [FOLDER]

Every value of a field that the example policies scrub is unique, so that a test can look for each
of them after a run and find none.
"""

import csv
import hashlib
import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SEED = 20240229
ROWS = 1_000
SMALL_ROWS = 20
_FIRST_NAMES = ("Ada", "Björn", "Chloé", "Dmitri", "Elif", "Femi", "Grace", "Hiro", "Inés", "Jón")
_LAST_NAMES = ("Lovelace", "O'Neill", "Müller", "Nakamura", "Okafor", "Petrov", "Šimić", "Wu")
_COUNTRIES = ("AR", "DE", "FR", "IN", "JP", "NG", "NO", "US")
_FIRST_UPLOAD = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One generated row; amount is a number's text, to be written as it is."""

    id: int
    name: str
    email: str
    country: str
    created_at: str
    amount: str
    file_contents: str


def rows(count: int) -> Iterator[Row]:
    """Generate rows; the first ones are the same, however many are asked for."""
    chance = random.Random(SEED)  # noqa: S311 -- sample data, and it must be the same again
    for number in range(1, count + 1):
        first, last = chance.choice(_FIRST_NAMES), chance.choice(_LAST_NAMES)
        token = hashlib.sha256(f"{SEED}/{number}".encode()).hexdigest()
        created = _FIRST_UPLOAD + timedelta(minutes=37 * number)
        yield Row(
            id=number,
            name=f"{first} {last}",
            email=f"{token[32:44]}@example.com",
            country=chance.choice(_COUNTRIES),
            created_at=created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            amount=f"{chance.randrange(100, 1_000_000) / 100:.2f}",
            file_contents=f'Invoice {number} for {first} {last}\n"{token[:32]}"\tpaid',
        )


def ndjson() -> bytes:
    """One JSON object a line; amounts keep their last zero, as only their text shows."""
    return "".join(f"{_object(row)}\n" for row in rows(ROWS)).encode()


def pretty_json() -> bytes:
    """A pretty-printed array of nested records."""
    records = [
        {
            "id": row.id,
            "user": {"name": row.name, "email": row.email, "country": row.country},
            "payments": [
                {"card_number": _card(row, part), "amount": float(row.amount)} for part in (1, 2)
            ],
            "file_contents": row.file_contents,
        }
        for row in rows(SMALL_ROWS)
    ]
    return (json.dumps(records, indent=2, ensure_ascii=False) + "\n").encode()


def quoted_csv() -> bytes:
    """CSV with a BOM, CRLF, and quotes, delimiters and line ends within quoted values."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("id", "name", "email", "country", "created_at", "amount", "file_contents"))
    for row in rows(SMALL_ROWS):
        name = ", ".join(reversed(row.name.split(" ", 1)))
        writer.writerow(
            (row.id, name, row.email, row.country, row.created_at, row.amount, row.file_contents)
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def parquet() -> bytes:
    """Two row groups with a decimal, a time stamp, a struct and a list of structs."""
    import pyarrow as pa  # noqa: PLC0415 -- only this file needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    card = pa.struct([("card_number", pa.string()), ("amount", pa.float64())])
    schema = pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            ("user", pa.struct([("name", pa.string()), ("email", pa.string())])),
            ("country", pa.dictionary(pa.int32(), pa.string())),
            ("created_at", pa.timestamp("ms", tz="UTC")),
            ("amount", pa.decimal128(12, 2)),
            ("payments", pa.list_(card)),
            ("file_contents", pa.string()),
        ]
    )
    table = pa.Table.from_pylist([_typed(row) for row in rows(SMALL_ROWS)], schema=schema)
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=SMALL_ROWS // 2, compression="zstd")
    return sink.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "mock_uploaded_data.json": ndjson,
    "nested_payments.json": pretty_json,
    "quoted_customers.csv": quoted_csv,
    "typed_customers.parquet": parquet,
}


def main(folder: Path) -> None:
    """Write every file."""
    for name, generate in FILES.items():
        (folder / name).write_bytes(generate())


def _object(row: Row) -> str:
    texts = {"name": row.name, "email": row.email, "country": row.country}
    members = [f'"id": {row.id}']
    members += [f'"{key}": {_text(value)}' for key, value in texts.items()]
    members += [f'"created_at": {_text(row.created_at)}', f'"amount": {row.amount}']
    members += [f'"file_contents": {_text(row.file_contents)}']
    return "{" + ", ".join(members) + "}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _card(row: Row, part: int) -> str:
    return f"4000{row.id:06d}{part:06d}"


def _typed(row: Row) -> dict[str, Any]:
    from decimal import Decimal  # noqa: PLC0415 -- only Parquet has decimals

    return {
        "id": row.id,
        "user": {"name": row.name, "email": row.email},
        "country": row.country,
        "created_at": datetime.fromisoformat(row.created_at),
        "amount": Decimal(row.amount),
        "payments": [{"card_number": _card(row, 1), "amount": float(row.amount)}],
        "file_contents": None if row.id % 7 == 0 else row.file_contents,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
