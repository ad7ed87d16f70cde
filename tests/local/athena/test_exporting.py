import pytest


def data_files(athena):
    return [key for bucket, key in athena.s3.objects if bucket == "lake" and "out/" in key]


def test_a_table_is_created_from_a_query(athena):
    execution = athena.run(
        "CREATE TABLE lake.copy WITH (format = 'PARQUET', write_compression = 'SNAPPY', "
        "external_location = 's3://lake/out/') AS "
        "SELECT 1 AS id, DECIMAL '1.50' AS price, ARRAY['a'] AS tags, sum(7) AS total"
    )

    assert (execution["StatementType"], execution["Status"]["State"]) == ("DDL", "SUCCEEDED")
    assert athena.rows("SELECT * FROM copy") == [["1", "1.50", "[a]", "7"]]
    assert athena.types("SELECT * FROM copy") == ["integer", "decimal", "array", "bigint"]


def test_the_manifest_lists_the_files(athena):
    execution = athena.run("UNLOAD (SELECT 1 AS id) TO 's3://lake/out/' WITH (format = 'PARQUET')")

    place = execution["Statistics"]["DataManifestLocation"].removeprefix("s3://results/")
    manifest = athena.s3.objects["results", place].decode().splitlines()
    assert manifest == [f"s3://lake/{key}" for key in data_files(athena)]
    assert len(manifest) == 1


def test_a_query_without_rows_writes_no_file(athena):
    athena.run(
        "CREATE TABLE empty WITH (external_location = 's3://lake/out/') AS "
        "SELECT x FROM (VALUES 1) AS t(x) WHERE x > 1"
    )

    assert data_files(athena) == []
    assert athena.rows("SELECT * FROM empty") == []


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"),
        ("1 AS a, 2 AS A", "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'A' specified more"),
        ("NULL AS a", "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a"),
    ],
)
def test_columns_need_names_and_types(athena, columns, reason):
    assert athena.reason(f"CREATE TABLE t AS SELECT {columns}").startswith(reason)


@pytest.mark.parametrize(
    "options", ["format = 'ORC'", "partitioned_by = ARRAY['a']", "bucket_count = 3"]
)
def test_other_forms_are_refused(athena, options):
    assert athena.reason(f"CREATE TABLE t WITH ({options}) AS SELECT 1 AS a").startswith(
        "NOT_SUPPORTED: "
    )
