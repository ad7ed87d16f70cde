import bz2
import gzip
import json

import duckdb
import pytest
import zstandard

from workflow.local.athena.sql_text import literal


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def parquet(tmp_path, select):
    path = tmp_path / "file.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet)")
    return path.read_bytes()


def test_types_come_from_the_catalog_and_not_from_the_data(athena):
    athena.add_table("t", [("id", "bigint"), ("price", "decimal(10,2)"), ("code", "string")])
    athena.put("t/a.json", lines({"id": 1, "price": 2.5, "code": 7}))

    assert athena.types("SELECT * FROM t") == ["bigint", "decimal", "varchar"]
    assert athena.rows("SELECT * FROM t") == [["1", "2.50", "7"]]


def test_keys_match_without_regard_to_case_and_missing_ones_are_null(athena):
    athena.add_table("t", [("userid", "string"), ("user", "struct<email:string,age:int>")])
    athena.put("t/a.json", lines({"userId": "u1", "USER": {"Email": "e"}}, {}))

    assert athena.rows("SELECT * FROM t") == [["u1", "{email=e, age=null}"], [None, None]]


def test_text_columns_show_json_of_any_kind(athena):
    athena.add_table("t", [("x", "string")])
    athena.put("t/a.json", '{"x": 1.50}\n{"x": {"a": [1, null]}}\n{"x": true}\n')

    assert athena.rows("SELECT x FROM t") == [["1.50"], ['{"a":[1,null]}'], ["true"]]


def test_a_malformed_row_fails_the_query_without_its_content(athena):
    athena.add_table("t", [("x", "string")])
    athena.put("t/a.json", '{"x": "fine"}\n{"x": "canary-7\n')

    reason = athena.reason("SELECT x FROM t")

    assert reason.startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException")
    assert "row 2 of s3://lake/t/a.json" in reason
    assert "canary" not in reason


def test_two_spellings_of_one_key_are_malformed(athena):
    athena.add_table("t", [("x", "string")])
    athena.put("t/a.json", '{"x": 1, "X": 2}\n')

    assert "Duplicate key" in athena.reason("SELECT x FROM t")


def test_malformed_rows_are_null_where_the_table_says_so(athena):
    athena.add_table("t", [("x", "string")], **{"ignore.malformed.json": "true"})
    athena.put("t/a.json", '{"x": "fine"}\n{"x": "bro\n')

    assert athena.rows("SELECT x FROM t") == [["fine"], [None]]


def test_a_value_that_is_not_of_its_columns_type_fails_the_query(athena):
    athena.add_table("t", [("a", "string"), ("n", "int")])
    athena.put("t/a.json", '{"a": "x", "n": "canary"}\n')

    reason = athena.reason("SELECT n FROM t")

    assert reason.startswith("HIVE_BAD_DATA: Error parsing field value for field 1")
    assert "canary" not in reason


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".zst", zstandard.compress), ("", bytes)],
)
def test_compressed_files_are_read_by_their_suffix(athena, suffix, compress):
    athena.add_table("t", [("id", "int")])
    athena.put(f"t/a.json{suffix}", compress(b'{"id": 1}\n{"id": 2}\n'))

    assert athena.rows("SELECT sum(id) FROM t") == [["3"]]


def test_delimited_text_is_positional_and_what_does_not_fit_is_null(athena):
    athena.add_table(
        "t",
        [("id", "int"), ("name", "string"), ("more", "double")],
        serde="lazy",
        **{"field.delim": ",", "skip.header.line.count": "1"},
    )
    athena.put("t/a.csv", 'name,id\n1,"quoted",2.5\nx,,\n3\n')

    assert athena.rows("SELECT * FROM t") == [
        ["1", '"quoted"', "2.5"],
        [None, "", None],
        ["3", None, None],
    ]


def test_quoted_text_is_unquoted_and_dates_are_days(athena):
    athena.add_table(
        "t", [("name", "string"), ("born", "date")], serde="opencsv", separatorChar=","
    )
    athena.put("t/a.csv", '"a, b","19723"\n')

    assert athena.rows("SELECT * FROM t") == [["a, b", "2024-01-01"]]


def test_an_empty_number_in_quoted_text_fails_the_query(athena):
    athena.add_table("t", [("id", "int"), ("name", "string")], serde="opencsv")
    athena.put("t/a.csv", '"","x"\n')

    assert athena.reason("SELECT * FROM t").startswith("HIVE_BAD_DATA: Error parsing field value")


def test_parquet_columns_are_found_by_name_and_missing_ones_are_null(athena, tmp_path):
    athena.add_table("t", [("name", "string"), ("id", "bigint"), ("new", "int")], serde="parquet")
    athena.put("t/a.parquet", parquet(tmp_path, "SELECT 7::INTEGER AS Id, 'x' AS Name"))

    assert athena.rows("SELECT * FROM t") == [["x", "7", None]]


def test_a_parquet_column_of_another_kind_fails_the_query(athena, tmp_path):
    athena.add_table("t", [("id", "string")], serde="parquet")
    athena.put("t/a.parquet", parquet(tmp_path, "SELECT 7::BIGINT AS id"))

    assert athena.reason("SELECT * FROM t") == (
        "HIVE_BAD_DATA: Field id's type bigint in parquet file s3://lake/t/a.parquet is "
        "incompatible with type varchar defined in table schema"
    )


def test_hidden_and_empty_objects_hold_no_rows(athena):
    athena.add_table("t", [("id", "int")])
    for key in ("t/_tmp.json", "t/.x.json", "t/_dir/a.json"):
        athena.put(key, '{"id": 1}\n')
    athena.put("t/", "")

    assert athena.rows("SELECT count(*) FROM t") == [["0"]]


def test_only_registered_partitions_are_seen(athena):
    athena.add_table("t", [("id", "int")], keys=[("day", "string")])
    for day in ("2024-01-01", "2024-01-02"):
        athena.put(f"t/day={day}/a.json", '{"id": 1}\n')
    athena.add_partition("t", "2024-01-01", location="s3://lake/t/day=2024-01-01/")

    assert athena.rows("SELECT id, day FROM t") == [["1", "2024-01-01"]]


def test_a_filter_on_a_partition_key_reads_only_those_partitions(athena):
    athena.add_table("t", [("id", "int")], keys=[("year", "int"), ("month", "string")])
    for year, month in (("2023", "12"), ("2024", "01"), ("2024", "02")):
        place = f"t/year={year}/month={month}/"
        athena.put(f"{place}a.json", '{"id": 1}\n')
        athena.add_partition("t", year, month, location=f"s3://lake/{place}")

    execution = athena.run("SELECT count(*) FROM t x WHERE x.year = 2024 AND month > '01'")

    assert execution["Statistics"]["DataScannedInBytes"] == len('{"id": 1}\n')


def test_the_path_of_each_row_is_known(athena):
    athena.add_table("t", [("id", "int")])
    athena.put("t/a b.json", '{"id": 1}\n')

    assert athena.rows('SELECT "$path", id FROM t') == [["s3://lake/t/a b.json", "1"]]
    assert athena.rows("SELECT * FROM t") == [["1"]]


def test_a_table_that_is_not_registered_does_not_exist(athena):
    athena.put("t/a.json", '{"id": 1}\n')

    assert athena.reason("SELECT * FROM t") == (
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.t' does not exist"
    )


def test_a_file_replaced_while_the_query_runs_fails_it(athena):
    athena.add_table("t", [("id", "int")])
    athena.put("t/a.json", '{"id": 1}\n')
    plan = athena.s3.list_objects_v2

    def replace_after_listing(**arguments):
        listed = plan(**arguments)
        athena.put("t/a.json", '{"id": 1, "x": ""}\n')
        return listed

    athena.s3.list_objects_v2 = replace_after_listing

    assert athena.reason("SELECT * FROM t").startswith(
        "HIVE_FILESYSTEM_ERROR: Incorrect fileSize 10 for file"
    )


def test_a_type_that_cannot_be_read_spoils_its_table_alone(athena):
    athena.add_table("bad", [("id", "int"), ("u", "struct<a")])
    athena.add_table("good", [("id", "int")])

    assert athena.reason("SELECT id FROM bad").startswith("HIVE_METASTORE_ERROR: The type of")
    assert athena.rows("SELECT count(*) FROM good") == [["0"]]
    assert athena.rows("SELECT table_name FROM information_schema.tables ORDER BY 1") == [
        ["bad"],
        ["good"],
    ]


def test_what_a_query_spills_and_loads_is_gone_afterwards(athena, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    athena.add_table("t", [("id", "int")])
    athena.put("t/a.json", '{"id": 1}\n')

    athena.run("SELECT id FROM t")
    athena.service.close()

    assert list(tmp_path.iterdir()) == []
