import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.workflow.scrub.parquet import files
from workflow.errors import SchemaMismatch
from workflow.scrub.parquet import compact, descriptions
from workflow.scrub.parquet.fields import File, Group


def any_table():
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int16()),
            "s": pa.array([{"a": "x", "b": 1}, None, {"a": None, "b": 2}]),
            "l": pa.array([[{"a": "x", "b": 1}], [], None]),
            "o": pa.array([{"only": "x"}] * 3),
            "email": ["a", None, "c"],
        },
    )


@pytest.fixture(scope="module")
def data():
    return files.write(any_table(), write_page_index=True)


def test_column_goes_name_and_all(data):
    out = files.run(data, ("email", "drop"))

    assert out.table.equals(any_table().drop(["email"]))
    assert b"email" not in out.data
    assert files.open_footer(out.data).metadata.number(File.ROWS) == 3
    assert len(files.open_footer(out.data).metadata.sequence(File.COLUMN_ORDERS, 12)) == 6


def test_other_chunks_stay_the_same_bytes(data):
    out = files.run(data, ("s.a", "drop")).data

    before, after = files.chunks(data), files.chunks(out)
    assert before.keys() - after.keys() == {(0, "s.a")}
    for place, chunk in after.items():
        assert files.chunk_bytes(out, chunk) == files.chunk_bytes(data, before[place])


def test_member_of_a_struct_goes(data):
    out = files.run(data, ("s.a", "drop"), ("l[*].b", "drop"))

    assert out.column("s") == [{"b": 1}, None, {"b": 2}]
    assert out.column("l") == [[{"a": "x"}], [], None]
    assert out.table.schema.field("id").type == pa.int16()


def test_group_goes_with_its_last_member(data):
    out = files.run(data, ("o.only", "drop"), ("s.a", "drop"), ("s.b", "drop"))

    assert out.table.column_names == ["id", "l", "email"]


def test_dropped_rows_of_a_column_are_counted(data):
    report = files.run(data, ("email", "drop"), ("s.a", "drop")).report

    assert [(rule.matched, rule.changed, rule.absent) for rule in report.rules] == [
        (3, 3, 0),
        (2, 2, 1),
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([("l[*].a", "drop"), ("l[*].b", "drop")], "without elements"),
        ([(name, "drop") for name in ("id", "s", "l", "o", "email")], "no column"),
    ],
)
def test_schema_is_never_left_without_a_part_that_it_needs(data, rules, message):
    with pytest.raises(SchemaMismatch, match=message):
        files.run(data, *rules)


@pytest.mark.parametrize("field", ["m.k", "m.k.a"])
def test_one_key_of_a_map_cannot_be_dropped(field):
    kind = pa.map_(pa.string(), pa.struct([("a", pa.string()), ("b", pa.string())]))
    data = files.write(pa.table({"m": pa.array([[("k", {"a": "1", "b": "2"})]], kind), "x": [1]}))

    with pytest.raises(SchemaMismatch, match="map"):
        files.run(data, (field, "drop"))


def test_pandas_reads_a_frame_without_the_column():
    frame = pd.DataFrame({"email": ["a", "b"], "n": pd.Categorical(["x", "y"])}, index=["r", "s"])
    sink = io.BytesIO()
    frame.to_parquet(sink)

    out = files.run(sink.getvalue(), ("email", "drop"))

    left = pd.read_parquet(io.BytesIO(out.data))
    pd.testing.assert_frame_equal(left, frame[["n"]])


def test_arrow_and_spark_descriptions_lose_the_column():
    row = {
        "type": "struct",
        "fields": [
            {"name": "a", "type": "string"},
            {"name": "s", "type": {"type": "struct", "fields": [{"name": "x"}, {"name": "y"}]}},
            {
                "name": "l",
                "type": {
                    "type": "array",
                    "elementType": {"type": "struct", "fields": [{"name": "x"}]},
                },
            },
        ],
    }
    metadata = compact.Struct()
    pair = compact.Struct()
    pair.set_binary(1, b"org.apache.spark.sql.parquet.row.metadata")
    pair.set_binary(2, json.dumps(row).encode())
    broken = compact.Struct()
    broken.set_binary(1, b"ARROW:schema")
    broken.set_binary(2, b"no schema")
    metadata.set_sequence(File.KEY_VALUES, compact.STRUCT, [pair, broken])

    descriptions.take_out(metadata, [("a",), ("s", "x"), ("l", "list", "element", "x")])

    left = json.loads(pair.binary(2))["fields"]
    assert [field["name"] for field in left] == ["s", "l"]
    assert left[0]["type"]["fields"] == [{"name": "y"}]
    assert left[1]["type"]["elementType"]["fields"] == []
    assert broken.binary(2) == b"no schema"


def test_rows_and_columns_can_go_together(data):
    out = files.run(
        data, ("s", "drop"), ("email", "blank"), drop_rows=files.RowRule("id", equals=1)
    )

    assert out.table.column_names == ["id", "l", "o", "email"]
    assert out.column("email") == [None, ""]
    assert [group.number(Group.ROWS) for group in files.open_footer(out.data).groups] == [2]
    assert pq.ParquetFile(io.BytesIO(out.data)).metadata.num_rows == 2
