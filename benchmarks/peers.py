"""What a user would pick instead, each doing the same job on the same file."""

import csv
import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Job = Callable[[Path, Path], None]
JSON_TYPES = (
    "{'id': 'BIGINT', 'uploaded_at': 'VARCHAR', 'user': 'STRUCT(name VARCHAR, email VARCHAR, "
    "country VARCHAR)', 'amount': 'DOUBLE', 'paid': 'BOOLEAN', 'note': 'VARCHAR', 'payments': "
    "'STRUCT(card_number VARCHAR, amount DOUBLE)[]', 'file_name': 'VARCHAR', 'file_contents': "
    "'VARCHAR'}"
)


def blank_contents(row):
    row["file_contents"] = ""


def three_nested(row):
    row["user"]["email"] = ""
    row["user"]["name"] = None
    for payment in row["payments"]:
        number = payment["card_number"]
        payment["card_number"] = "*" * (len(number) - 4) + number[-4:]


def json_loop(change) -> Job:
    """The original's way: the whole file, a row at a time through objects."""

    def run(source: Path, sink: Path) -> None:
        rows = source.read_bytes().decode().splitlines()
        out = []
        for row in rows:
            record = json.loads(row)
            change(record)
            out.append(json.dumps(record))
        sink.write_bytes(("\n".join(out) + "\n").encode())

    return run


def json_loop_gzip(source: Path, sink: Path) -> None:
    rows = gzip.decompress(source.read_bytes()).decode().splitlines()
    out = []
    for row in rows:
        record = json.loads(row)
        blank_contents(record)
        out.append(json.dumps(record))
    sink.write_bytes(gzip.compress(("\n".join(out) + "\n").encode(), 6))


def orjson_loop(source: Path, sink: Path) -> None:
    import orjson

    out = []
    for row in source.read_bytes().splitlines():
        record = orjson.loads(row)
        blank_contents(record)
        out.append(orjson.dumps(record))
    sink.write_bytes(b"\n".join(out) + b"\n")


def jq(source: Path, sink: Path) -> None:
    with sink.open("wb") as out:
        subprocess.run(["jq", "-c", '.file_contents=""', str(source)], stdout=out, check=True)


def duckdb_ndjson(source: Path, sink: Path) -> None:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as database:
        database.execute(
            f"COPY (SELECT * REPLACE ('' AS file_contents) FROM read_json('{source}', "
            f"format='newline_delimited', columns={JSON_TYPES})) TO '{sink}' (FORMAT json)"
        )


def duckdb_csv(source: Path, sink: Path) -> None:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as database:
        database.execute(
            f"COPY (SELECT * REPLACE ('' AS email) FROM read_csv('{source}', all_varchar=true)) "
            f"TO '{sink}' (FORMAT csv)"
        )


def polars_ndjson(source: Path, sink: Path) -> None:
    import polars

    frame = polars.scan_ndjson(source)
    frame.with_columns(polars.lit("").alias("file_contents")).sink_ndjson(sink)


def csv_module(source: Path, sink: Path) -> None:
    with source.open(newline="") as lines, sink.open("w", newline="") as out:
        reader, writer = csv.reader(lines), csv.writer(out, lineterminator="\n")
        writer.writerow(next(reader))
        for row in reader:
            row[1] = ""
            writer.writerow(row)


INSTALLED_JQ = shutil.which("jq") is not None
