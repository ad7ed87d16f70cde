import gzip
import json

import duckdb
import pytest

from tests.local.athena.lake_fakes import FakeGlue, FakeS3
from workflow.local.athena.sql_text import literal
from workflow.local.crawler.crawl import Crawl

OPENX = "org.openx.data.jsonserde.JsonSerDe"


class Lake:
    def __init__(self):
        self.s3, self.glue = FakeS3(), FakeGlue()

    def put(self, key, data):
        body = data if isinstance(data, bytes) else data.encode()
        self.s3.put_object(Bucket="lake", Key=key, Body=body)

    def crawl(self, *paths, **more):
        targets = [{"Path": f"s3://lake/{path}", **more.pop("target", {})} for path in paths]
        crawler = {
            "Name": "crawler",
            "DatabaseName": "lake",
            "Targets": {"S3Targets": targets},
            **more,
        }
        return Crawl(self.glue, self.s3, crawler).run()

    def table(self, name):
        return self.glue.tables["lake", name]

    def columns(self, name):
        storage = self.table(name)["StorageDescriptor"]
        return {column["Name"]: column["Type"] for column in storage["Columns"]}

    def keys(self, name):
        return [key["Name"] for key in self.table(name)["PartitionKeys"]]

    def partitions(self, name):
        return sorted(self.glue.partitions["lake", name])


@pytest.fixture
def lake():
    return Lake()


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_json_lines_become_a_table_with_the_openx_serde(lake):
    lake.put("dataset/a.json", lines({"Id": 1, "big": 2**40, "x": 1.5, "ok": True, "s": "t"}))

    lake.crawl("dataset/")

    table = lake.table("dataset")
    assert lake.columns("dataset") == {
        "id": "int",
        "big": "bigint",
        "x": "double",
        "ok": "boolean",
        "s": "string",
    }
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": OPENX,
        "Parameters": {"paths": "Id,big,x,ok,s"},
    }
    assert table["StorageDescriptor"]["Location"] == "s3://lake/dataset/"
    assert table["Parameters"]["classification"] == "json"
    assert table["PartitionKeys"] == []


def test_nested_values_become_arrays_and_structs(lake):
    lake.put("d/a.json", lines({"user": {"email": "e", "age": 3}, "tags": ["a"], "none": []}))

    lake.crawl("d/")

    assert lake.columns("d") == {
        "user": "struct<email:string,age:int>",
        "tags": "array<string>",
        "none": "array<string>",
    }


def test_schemas_are_merged_over_rows_and_files(lake):
    lake.put("d/a.json", lines({"n": 1, "m": "x"}, {"n": 2**40, "u": {"a": 1}}))
    lake.put("d/b.json", lines({"n": 1.5, "m": 3, "u": {"b": "t"}, "later": None}))

    lake.crawl("d/")

    assert lake.columns("d") == {
        "n": "double",
        "m": "string",
        "u": "struct<a:int,b:string>",
        "later": "string",
    }


def test_hive_folders_become_partition_keys_and_registered_partitions(lake):
    lake.put("d/year=2024/Month=01/a.json", lines({"id": 1}))
    lake.put("d/year=2024/Month=02/a.json", lines({"id": 1}))

    lake.crawl("d/")

    assert lake.keys("d") == ["year", "month"]
    assert lake.partitions("d") == [("2024", "01"), ("2024", "02")]
    storage = lake.glue.partitions["lake", "d"]["2024", "01"]["StorageDescriptor"]
    assert storage["Location"] == "s3://lake/d/year=2024/Month=01/"
    assert storage["SerdeInfo"]["SerializationLibrary"] == OPENX


def test_bare_folders_are_numbered(lake):
    lake.put("d/2024/01/a.json", lines({"id": 1}))

    lake.crawl("d/")

    assert lake.keys("d") == ["partition_0", "partition_1"]
    assert lake.partitions("d") == [("2024", "01")]


def test_folders_that_are_not_alike_become_tables_of_their_own(lake):
    lake.put("all/people/a.json", lines({"name": "x", "age": 1}))
    lake.put("all/orders/a.csv", "id,total\n1,2.5\n")

    lake.crawl("all/", TablePrefix="raw_")

    assert {name for _, name in lake.glue.tables} == {"raw_people", "raw_orders"}


def test_names_are_lower_case_and_invalid_characters_are_replaced(lake):
    lake.put("My Data-Set.v2/a.json", lines({"id": 1}))

    lake.crawl("My Data-Set.v2/")

    assert ("lake", "my_data_set_v2") in lake.glue.tables


def test_a_csv_header_is_known_by_its_data(lake):
    lake.put("d/a.csv", "id,name,score,ok\n1,x,1.5,true\n2,y,,false\n")

    lake.crawl("d/")

    table = lake.table("d")
    assert lake.columns("d") == {
        "id": "bigint",
        "name": "string",
        "score": "double",
        "ok": "boolean",
    }
    assert table["Parameters"]["skip.header.line.count"] == "1"
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"field.delim": ","}


def test_csv_columns_of_nothing_but_text_have_no_header(lake):
    lake.put("d/a.csv", "name|city\nann|rome\n")

    lake.crawl("d/")

    assert lake.columns("d") == {"col0": "string", "col1": "string"}
    assert lake.table("d")["Parameters"]["delimiter"] == "|"


def test_parquet_types_come_from_the_schema(lake, tmp_path):
    path = tmp_path / "x.parquet"
    select = "SELECT 1::BIGINT id, 1.5::DECIMAL(10,2) p, DATE '2024-01-01' d, {'a': 1} s, [1.5e0] l"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet)")
    lake.put("d/a.parquet", path.read_bytes())

    lake.crawl("d/")

    assert lake.columns("d") == {
        "id": "bigint",
        "p": "decimal(10,2)",
        "d": "date",
        "s": "struct<a:int>",
        "l": "array<double>",
    }
    library = lake.table("d")["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert library.endswith("ParquetHiveSerDe")


def test_compressed_files_are_looked_into(lake):
    lake.put("d/a.json.gz", gzip.compress(lines({"id": 1}).encode()))

    lake.crawl("d/")

    assert lake.columns("d") == {"id": "int"}
    assert lake.table("d")["Parameters"]["compressionType"] == "gzip"


def test_empty_hidden_and_excluded_objects_are_left_out(lake):
    lake.put("d/", "")
    lake.put("d/_SUCCESS", lines({"hidden": 1}))
    lake.put("d/skip/a.json", lines({"skipped": 1}))
    lake.put("d/a.json", lines({"id": 1}))

    lake.crawl("d/", target={"Exclusions": ["skip/**"]})

    assert lake.columns("d") == {"id": "int"}


def test_nothing_of_a_value_reaches_the_catalog(lake):
    lake.put("d/a.json", lines({"name": "canary-1", "tags": ["canary-2"]}))
    lake.put("e/a.csv", "id,name\n1,canary-3\n")

    lake.crawl("d/", "e/")

    assert "canary" not in repr((lake.glue.tables, lake.glue.partitions))


def test_a_second_crawl_updates_the_table_and_adds_partitions(lake):
    lake.put("d/day=1/a.json", lines({"id": 1}))
    lake.crawl("d/")
    lake.put("d/day=2/a.json", lines({"id": 1, "new": "x"}))

    counts = lake.crawl("d/")

    assert lake.columns("d") == {"id": "int", "new": "string"}
    assert lake.partitions("d") == [("1",), ("2",)]
    assert (counts.created, counts.updated) == (0, 1)


def test_a_policy_of_log_leaves_the_table_as_it_is(lake):
    lake.put("d/a.json", lines({"id": 1}))
    lake.crawl("d/")
    lake.put("d/a.json", lines({"other": 1}))

    lake.crawl("d/", SchemaChangePolicy={"UpdateBehavior": "LOG"})

    assert lake.columns("d") == {"id": "int"}


def test_new_columns_can_be_added_without_losing_old_ones(lake):
    lake.put("d/a.json", lines({"id": 1, "old": 1}))
    lake.crawl("d/")
    lake.put("d/a.json", lines({"id": "text", "new": 1}))

    merge = {"CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    lake.crawl("d/", Configuration=json.dumps(merge))

    assert lake.columns("d") == {"id": "int", "old": "int", "new": "int"}


@pytest.mark.parametrize(
    ("behavior", "left"), [("DELETE_FROM_DATABASE", False), ("DEPRECATE_IN_DATABASE", True)]
)
def test_a_table_whose_objects_are_gone_is_seen_to(lake, behavior, left):
    lake.put("d/a.json", lines({"id": 1}))
    lake.crawl("d/")
    lake.s3.delete("lake", "d/a.json")

    lake.crawl("d/", SchemaChangePolicy={"DeleteBehavior": behavior})

    assert (("lake", "d") in lake.glue.tables) is left
    assert not left or "DEPRECATED_BY_CRAWLER" in lake.table("d")["Parameters"]


def test_the_name_of_another_table_is_not_taken(lake):
    lake.put("a/d/x.json", lines({"id": 1}))
    lake.put("b/d/x.json", lines({"id": 1}))

    lake.crawl("a/d/")
    lake.crawl("b/d/")

    assert len(lake.glue.tables) == 2
