import pytest

from tests.local.athena.conftest import as_lists


def lines(athena, sql):
    execution = athena.run(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    results = athena.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])
    return [row[0] for row in as_lists(results)]


@pytest.fixture
def sales(athena):
    athena.add_table("sales", [("id", "int"), ("user", "struct<a:int>")], keys=[("day", "string")])
    athena.add_partition("sales", "2024-01-01", location="s3://lake/sales/day=2024-01-01/")
    for day in ("2024-01-01", "2024-01-02"):
        athena.put(f"sales/day={day}/a.json", '{"id": 1}\n')
    return athena


def test_databases_and_tables_are_listed(sales):
    sales.add_table("other", [("id", "int")])

    assert lines(sales, "SHOW DATABASES") == ["lake"]
    assert lines(sales, "SHOW TABLES") == ["other", "sales"]
    assert lines(sales, "show tables in lake 's*'") == ["sales"]


def test_partitions_and_columns_are_listed(sales):
    assert lines(sales, "SHOW PARTITIONS sales") == ["day=2024-01-01"]
    assert [one.strip() for one in lines(sales, "SHOW COLUMNS IN sales")] == ["id", "user", "day"]


def test_a_table_is_described_with_its_partition_keys(sales):
    described = [one.split("\t") for one in lines(sales, "DESCRIBE lake.sales")]

    assert [[cell.strip() for cell in row] for row in described[:3]] == [
        ["id", "int", ""],
        ["user", "struct<a:int>", ""],
        ["day", "string", ""],
    ]
    assert described[4][0] == "# Partition Information"


def test_repair_registers_the_partitions_that_lie_in_the_lake(sales):
    told = lines(sales, "MSCK REPAIR TABLE sales")

    assert told == [
        "Partitions not in metastore:\tsales:day=2024-01-02",
        "Repair: Added partition to metastore sales:day=2024-01-02",
    ]
    assert sales.rows("SELECT count(*) FROM sales") == [["2"]]


def test_partitions_are_added_and_dropped_by_hand(sales):
    sales.run("ALTER TABLE sales ADD PARTITION (day = '2024-01-02') PARTITION (day = 'x')")
    added = lines(sales, "SHOW PARTITIONS sales")
    sales.run("ALTER TABLE sales DROP PARTITION (day = 'x')")

    assert added == ["day=2024-01-01", "day=2024-01-02", "day=x"]
    assert sales.rows("SELECT day FROM sales ORDER BY day") == [["2024-01-01"], ["2024-01-02"]]


def test_a_partition_that_is_there_is_added_only_on_request(sales):
    add = "ALTER TABLE sales ADD {} PARTITION (day = '2024-01-01') LOCATION 's3://lake/x/'"

    assert sales.reason(add.format("")).startswith("FAILED: ")
    assert sales.run(add.format("IF NOT EXISTS"))["Status"]["State"] == "SUCCEEDED"


def test_an_external_table_can_be_created_and_dropped(athena):
    athena.put("new/a.json", '{"id": 1, "item": {"sku": "s", "n": [1]}}\n')
    athena.run(
        "CREATE EXTERNAL TABLE IF NOT EXISTS lake.new (id bigint, "
        "item struct<sku: string, n: array<int>>) "
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        "WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true') "
        "LOCATION 's3://lake/new/' TBLPROPERTIES ('classification' = 'json')"
    )
    rows = athena.rows("SELECT * FROM new")
    athena.run("DROP TABLE new")

    assert rows == [["1", "{sku=s, n=[1]}"]]
    assert athena.glue.tables == {}


def test_delimited_and_parquet_tables_can_be_created(athena):
    for name, form in (
        ("c", "ROW FORMAT DELIMITED FIELDS TERMINATED BY '|'"),
        ("p", "STORED AS PARQUET"),
    ):
        athena.run(
            f"CREATE EXTERNAL TABLE {name} (id int) PARTITIONED BY (day string) {form} "
            f"LOCATION 's3://lake/{name}/'"
        )

    delimited, parquet = (athena.glue.tables["lake", name] for name in "cp")
    assert delimited["StorageDescriptor"]["SerdeInfo"]["Parameters"]["field.delim"] == "|"
    assert delimited["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert "Parquet" in parquet["StorageDescriptor"]["InputFormat"]


def test_databases_are_created_and_dropped(athena):
    athena.run("CREATE DATABASE IF NOT EXISTS more")
    created = lines(athena, "SHOW DATABASES")
    athena.run("DROP DATABASE more")

    assert created == ["lake", "more"]
    assert lines(athena, "SHOW SCHEMAS") == ["lake"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT 1",
        "DROP VIEW v",
        "EXPLAIN SELECT 1",
        "INSERT INTO t SELECT 1",
        "SHOW CREATE TABLE t",
        "CREATE TABLE t (id int) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')",
    ],
)
def test_what_is_not_answered_here_says_so(athena, sql):
    assert athena.reason(sql).startswith("NOT_SUPPORTED: ")


def test_a_table_that_is_not_there_is_named(athena):
    assert athena.reason("DESCRIBE nobody").endswith("Table not found lake.nobody")
