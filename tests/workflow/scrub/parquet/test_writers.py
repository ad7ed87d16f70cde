"""Files of other writers, as far as they can be written here, and other readers of ours."""

import io

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.workflow.scrub.parquet import files
from workflow.scrub import Rule, ScrubOptions, scrub

ROWS = 3000
QUERY = f"""
select i as id,
       case when i % 7 = 0 then null else 'user' || i || '@example.com' end as email,
       'name ' || (i % 40) as name,
       i::double / 3 as x,
       (i * 1.25)::decimal(12, 2) as price,
       i % 2 = 0 as flag,
       timestamp '2024-01-01' + to_minutes(i::int) as ts,
       date '2024-01-01' + (i % 365)::int as day,
       case when i % 5 = 0 then null else {{'a': 'a' || i, 'b': [i, null, i + 1]}} end as s,
       case when i % 6 = 0 then null else ['t' || i, null][1:i % 3] end as l,
       map {{'k' || (i % 3): 'v' || i}} as m,
       uuid '00000000-0000-0000-0000-000000000001' as u,
       ('b' || i)::blob as raw
from range({ROWS}) t(i)
"""
RULES = [
    Rule("email", "blank"),
    Rule("name", "mask"),
    Rule("s.a", "hash"),
    Rule("l[*]", "blank"),
    Rule("m.k1", "truncate", {"length": 1}),
    Rule("ts", "generalize", {"to": "month"}),
    Rule("price", "generalize", {"bucket": 100}),
    Rule("raw", "null"),
]
TOUCHED = ["email", "name", "s", "l", "m", "ts", "price", "raw"]


def duckdb_file(path, options):
    with duckdb.connect() as connection:
        connection.execute(f"copy ({QUERY}) to '{path}' (format parquet, {options})")
    return path.read_bytes()


def polars_file(path, **options):
    with duckdb.connect() as connection:
        frame = pl.DataFrame(connection.sql(QUERY).to_arrow_table().drop(["u", "m"]))
    frame.write_parquet(path, **options)
    return path.read_bytes()


@pytest.fixture(
    params=[
        "compression snappy",
        "compression zstd, row_group_size 2048",
        "compression gzip, parquet_version v2",
        "compression lz4_raw",
        "compression brotli",
        "compression uncompressed, parquet_version v2",
    ]
)
def by_duckdb(request, tmp_path):
    return duckdb_file(tmp_path / "in.parquet", request.param)


@pytest.fixture(
    params=[
        {"compression": "zstd"},
        {"compression": "snappy", "row_group_size": 1000},
        {"compression": "uncompressed", "statistics": "full"},
        {"compression": "lz4", "data_page_size": 1000},
    ],
    ids=str,
)
def by_polars(request, tmp_path):
    return polars_file(tmp_path / "in.parquet", **request.param)


def check(data, out, touched):
    before, after = files.read(data), out.table
    for name in before.column_names:
        if name not in touched:
            assert after[name].equals(before[name]), name
    assert after.schema.equals(before.schema)
    assert set(out.column("email")) == {"", None}
    assert {row and row[:3] for row in before["s"].combine_chunks().field("a").to_pylist()}
    assert [len(v) for v in out.column("name")] == [len(v) for v in before["name"].to_pylist()]
    assert b"user1@" not in files.plain_pages(out.data)


def test_files_of_duckdb_are_scrubbed(by_duckdb):
    out = files.run(by_duckdb, *RULES)

    check(by_duckdb, out, TOUCHED)
    assert files.run(out.data, *RULES).data == out.data


def test_files_of_polars_are_scrubbed(by_polars):
    out = files.run(by_polars, *RULES)

    check(by_polars, out, TOUCHED)
    assert files.run(out.data, *RULES).data == out.data


def test_rows_of_duckdb_files_go(by_duckdb):
    out = files.run(by_duckdb, drop_rows=files.RowRule("name", equals="name 3"))

    before = files.read(by_duckdb)
    assert out.table.equals(before.filter(pa.compute.not_equal(before["name"], "name 3")))


def test_duckdb_and_polars_read_what_pyarrow_reads(by_duckdb, tmp_path):
    path = tmp_path / "out.parquet"
    path.write_bytes(files.run(by_duckdb, *RULES).data)

    with duckdb.connect() as connection:
        rows = connection.execute(f"select * exclude (u, raw, x) from '{path}'").fetchall()
    names = [name for name in pq.read_schema(path).names if name not in ("u", "raw", "x")]
    columns = pl.read_parquet(path, columns=["id", "email", "name", "s", "l"])

    table = pq.read_table(path, columns=names)
    for at, name in enumerate(names):
        if name not in ("m", "ts"):
            assert [row[at] for row in rows] == table[name].to_pylist(), name
    for name in columns.columns:
        assert columns[name].to_list() == table[name].to_pylist(), name


def test_duckdb_filters_by_untouched_and_scrubbed_columns(by_duckdb, tmp_path):
    path = tmp_path / "out.parquet"
    path.write_bytes(files.run(by_duckdb, *RULES).data)

    def count(where):
        query = f"select count(*) from '{path}' where {where}"
        with duckdb.connect() as connection:
            return connection.execute(query).fetchall()[0][0]

    assert count("id = 77") == 1
    assert count("email = ''") == ROWS - len(range(0, ROWS, 7))
    assert count("email = 'user8@example.com'") == 0
    assert count("name = '*******'") == len([i for i in range(ROWS) if i % 40 > 9])


def test_the_same_rows_scrub_to_the_same_values_as_ndjson(tmp_path):
    path = tmp_path / "rows.ndjson"
    selected = "select id, email, name, s, l, m.k1 as k1, day from rows"
    with duckdb.connect() as connection:
        connection.execute(f"create table rows as {QUERY}")
        connection.execute(f"copy ({selected}) to '{path}' (format json)")
        table = connection.sql(selected).to_arrow_table()
    rules = [
        Rule("email", "hash"),
        Rule("name", "mask", {"keep_last": 1}),
        Rule("s.a", "truncate", {"length": 2}),
        Rule("l[*]", "replace", {"with": "?"}),
        Rule("day", "date_shift", {"days": 20}),
        Rule("k1", "null"),
    ]

    parquet = files.run(files.write(table), *rules)
    sink = io.BytesIO()
    report = scrub(
        io.BytesIO(path.read_bytes()),
        sink,
        rules=rules,
        format="ndjson",
        options=ScrubOptions(key=files.KEY),
    )

    (tmp_path / "out.ndjson").write_bytes(sink.getvalue())
    (tmp_path / "out.parquet").write_bytes(parquet.data)
    with duckdb.connect() as connection:
        same = connection.execute(
            f"select count(*) from '{tmp_path}/out.ndjson' j join '{tmp_path}/out.parquet' p "
            "on j.id = p.id and j.email is not distinct from p.email and j.name = p.name "
            "and j.s.a is not distinct from p.s.a and j.s.b is not distinct from p.s.b "
            "and j.l is not distinct from p.l and j.day = p.day and p.k1 is null"
        ).fetchall()
    assert same == [(ROWS,)]
    assert [rule.changed for rule in report.rules] == [
        rule.changed for rule in parquet.report.rules
    ]
