import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from tests.workflow.scrub.parquet import files
from workflow.scrub import RowRule
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import Group, Meta
from workflow.scrub.parquet.layout import chunk_meta

ROWS = 400
COUNTRIES = ["DE", "FR", None, "IT"]


def any_table():
    return pa.table(
        {
            "country": [COUNTRIES[at % 4] for at in range(ROWS)],
            "email": [f"user{at}@example.com" for at in range(ROWS)],
            "tags": [None if at % 5 == 0 else [f"t{at}"] * (at % 3) for at in range(ROWS)],
            "p": [{"x": at, "l": [{"y": at}]} if at % 3 else None for at in range(ROWS)],
            "n": pa.array(range(ROWS), pa.uint8() if ROWS < 256 else pa.int64()),
        }
    )


@pytest.fixture(scope="module", params=["1.0", "2.0"])
def data(request):
    return files.write(
        any_table(),
        data_page_version=request.param,
        row_group_size=150,
        max_rows_per_page=40,
        write_page_index=True,
        bloom_filter_options={"email": True},
    )


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (RowRule("country", equals="DE"), lambda at: at % 4 != 0),
        (RowRule("country", among=("DE", "IT")), lambda at: at % 4 in (1, 2)),
        (RowRule("country", matches="^F"), lambda at: at % 4 != 1),
        (RowRule("country", is_null=True), lambda at: at % 4 != 2),
        (RowRule("country", is_null=False), lambda at: at % 4 == 2),
        (RowRule("n", equals=7), lambda at: at != 7),
        (RowRule("p.x", among=(1, 5)), lambda at: at not in (1, 5)),
        (RowRule("p.l[*].y", equals=7), lambda at: at != 7),
        (RowRule("tags[*]", equals="t7"), lambda at: at != 7),
        (RowRule("p", is_null=True), lambda at: at % 3 != 0),
        (RowRule("country", equals="XX"), lambda _at: True),
        (RowRule("absent", is_null=True), lambda _at: True),
    ],
)
def test_rows_go_and_all_other_values_stay(data, rule, kept):
    out = files.run(data, drop_rows=rule)

    left = any_table().filter([kept(at) for at in range(ROWS)])
    assert out.table.equals(left)
    assert (out.report.rows, out.report.rows_dropped) == (ROWS, ROWS - len(left))
    assert files.run(out.data, drop_rows=rule).data == out.data


def test_file_is_copied_where_no_row_goes(data):
    assert files.run(data, drop_rows=RowRule("country", equals="XX")).data == data


def test_row_groups_that_keep_all_rows_are_copied():
    table = pa.table({"a": ["x"] * 100 + ["y"] * 100, "b": range(200)})
    data = files.write(table, row_group_size=100)

    out = files.run(data, drop_rows=RowRule("b", equals=150))

    before, after = files.chunks(data), files.chunks(out.data)
    for name in ("a", "b"):
        copied = files.chunk_bytes(out.data, after[0, name])
        assert copied == files.chunk_bytes(data, before[0, name])


def test_row_group_without_rows_goes():
    table = pa.table({"a": ["x"] * 100 + ["y"] * 100, "b": range(200)})
    data = files.write(table, row_group_size=100)

    out = files.run(data, drop_rows=RowRule("a", equals="x"))

    assert [group.number(Group.ROWS) for group in files.open_footer(out.data).groups] == [100]
    assert out.column("b") == [*range(100, 200)]
    none_left = files.run(out.data, drop_rows=RowRule("a", equals="y"))
    assert none_left.table.schema.equals(table.schema)
    assert len(none_left.table) == 0


def test_no_trace_of_a_row_that_went_is_left():
    table = pa.table({"id": range(100), "b": [f"{files.CANARY}{at}" for at in range(100)]})
    data = files.write(
        table, write_page_index=True, bloom_filter_options={"b": True}, compression="zstd"
    )

    out = files.run(data, drop_rows=RowRule("id", equals=99)).data

    pages = files.plain_pages(out)
    assert f"{files.CANARY}98".encode() in pages
    assert f"{files.CANARY}99".encode() not in pages
    chunk = files.chunks(out)[0, "b"]
    assert chunk_meta(chunk).number(Meta.BLOOM) is None
    assert files.column_index(out, chunk) is None
    assert files.offset_index(out, chunk).sequence(1, compact.STRUCT)


def test_rules_count_the_rows_that_stay_only(data):
    out = files.run(
        data, ("email", "blank"), ("gone", "null"), drop_rows=RowRule("country", equals="DE")
    )

    email, gone = out.report.rules
    assert (email.matched, email.changed, gone.absent) == (300, 300, 300)
    assert set(out.column("email")) == {""}


@pytest.mark.parametrize(
    ("values", "rule", "left"),
    [
        ([dt.date(2024, 1, 31), None], RowRule("a", equals="2024-01-31"), 1),
        (
            [dt.datetime(2024, 1, 31, 12, 30, tzinfo=dt.UTC)] * 2,
            RowRule("a", matches="^2024-01-31T12:30"),
            0,
        ),
        ([True, False, None], RowRule("a", equals=True), 2),
        ([Decimal("1.50"), Decimal("2.00")], RowRule("a", equals=1.5), 1),
        ([1.5, float("nan"), None], RowRule("a", equals=1.5), 2),
        ([b"\xff\xfe", b"text"], RowRule("a", equals="text"), 1),
        ([dt.time(12), None], RowRule("a", is_null=True), 1),
        ([dt.time(12), None], RowRule("a", equals="12:00"), 2),
    ],
)
def test_tests_values_of_every_type(values, rule, left):
    data = files.write(pa.table({"a": values}))

    assert len(files.run(data, drop_rows=rule).table) == left


def test_keys_of_a_map_are_tested_like_members():
    kind = pa.map_(pa.string(), pa.string())
    rows = [[("a", "x"), ("b", "y")], [("a", "y")], None, [("b", "x")]]
    data = files.write(pa.table({"m": pa.array(rows, kind), "n": range(4)}))

    out = files.run(data, drop_rows=RowRule("m.a", equals="x"))

    assert out.column("n") == [1, 2, 3]
    assert out.column("m") == rows[1:]


def test_rows_go_and_values_under_a_key_change():
    """The keys are written, without the rows that go, before they are asked for the values."""
    maps = [[("email", f"{at}@example.com"), ("name", f"n{at}")][at % 3 :] for at in range(90)]
    table = pa.table(
        {
            "country": ["DE" if at % 4 else "FR" for at in range(90)],
            "m": pa.array(maps, pa.map_(pa.string(), pa.string())),
        }
    )

    out = files.run(
        files.write(table), ("m.email", "blank"), drop_rows=files.RowRule("country", equals="DE")
    )

    assert out.column("m") == [
        [(key, "" if key == "email" else value) for key, value in maps[at]]
        for at in range(0, 90, 4)
    ]
