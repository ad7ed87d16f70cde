"""The same table in every format scrubs to the same values, and other readers can read it."""

import csv
import io
import json

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, scrub

ROWS = [
    {
        "id": n,
        "email": f"ann.{n}@example.org",
        "card": f"41111111{n:08d}",
        "born": f"19{n % 90 + 10}-0{n % 9 + 1}-1{n % 10}",
        "note": f'said "{n}", then left\nfor tea' if n % 3 else "call +49 30 1234567",
        "country": "DE" if n % 5 else "FR",
    }
    for n in range(200)
]
RULES = [
    Rule("email", "hash"),
    Rule("card", "mask", {"keep_last": 4}),
    Rule("born", "generalize", {"to": "month"}),
    Rule("note", "redact"),
]
OPTIONS = ScrubOptions(
    key=SecretKey("k", b"0123456789abcdef"), drop_rows=RowRule("country", equals="FR")
)


def as_ndjson():
    return "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def as_json():
    return json.dumps(ROWS, indent=2).encode()


def as_csv():
    text = io.StringIO()
    writer = csv.DictWriter(text, ROWS[0])
    writer.writeheader()
    writer.writerows(ROWS)
    return text.getvalue().encode()


def as_parquet():
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(ROWS), sink)
    return sink.getvalue()


WRITERS = {"ndjson": as_ndjson, "json": as_json, "csv": as_csv, "parquet": as_parquet}


@pytest.fixture(scope="module")
def scrubbed(tmp_path_factory):
    """The scrubbed files by format."""
    folder = tmp_path_factory.mktemp("agreement")
    for name, write in WRITERS.items():
        with (folder / f"scrubbed.{name}").open("wb") as sink:
            scrub(io.BytesIO(write()), sink, rules=RULES, format=name, options=OPTIONS)
    return {name: folder / f"scrubbed.{name}" for name in WRITERS}


def rows_of(name, path):
    if name == "parquet":
        return parquet.read_table(path).to_pylist()
    if name == "csv":
        with path.open(newline="") as lines:
            return [row | {"id": int(row["id"])} for row in csv.DictReader(lines)]
    if name == "json":
        return json.loads(path.read_text())
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_holds_the_same_values(scrubbed, name):
    rows = rows_of(name, scrubbed[name])

    assert rows == rows_of("ndjson", scrubbed["ndjson"])
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS if row["country"] == "DE"]
    assert rows[0]["card"] == "************0001"
    assert "tea" in rows[0]["note"]


@pytest.mark.parametrize("name", WRITERS)
def test_duckdb_reads_what_was_written(scrubbed, name):
    reader = {"ndjson": "read_json", "json": "read_json", "csv": "read_csv"}.get(
        name, "read_parquet"
    )

    with duckdb.connect() as database:
        found = database.execute(
            f"SELECT count(*), count(DISTINCT email), min(id) FROM {reader}('{scrubbed[name]}')"
        ).fetchone()

    assert found == (160, 160, 1)


def test_polars_reads_what_was_written(scrubbed):
    assert pl.read_ndjson(scrubbed["ndjson"]).height == 160
    assert pl.read_csv(scrubbed["csv"]).height == 160
    assert pl.read_parquet(scrubbed["parquet"]).height == 160


def test_untouched_columns_are_the_same_over_scrubbed_and_unscrubbed_files(scrubbed, tmp_path):
    """What an analyst sees while only half of a prefix has been scrubbed."""
    rules = [Rule(rule.field, rule.action, rule.options) for rule in RULES]
    for name in ("ndjson", "parquet"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"before.{name}").write_bytes(WRITERS[name]())
        with (folder / f"after.{name}").open("wb") as sink:
            options = ScrubOptions(key=OPTIONS.key)
            scrub(io.BytesIO(WRITERS[name]()), sink, rules=rules, format=name, options=options)
        reader = "read_json" if name == "ndjson" else "read_parquet"

        with duckdb.connect() as database:
            found = database.execute(
                f"SELECT id, country, count(*) FROM {reader}('{folder}/*') GROUP BY ALL ORDER BY id"
            ).fetchall()

        assert found == [(row["id"], row["country"], 2) for row in ROWS]
