import datetime as dt
import struct
from decimal import Decimal

import pytest

from workflow.local.athena.data_types import DataType, from_hive, to_duckdb, to_hive, to_trino
from workflow.local.athena.printing import column_info, printer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-1.25e300, "-1.25E300"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_doubles_are_written_as_java_does(value, text):
    assert printer(DataType("double"))(value) == text


def test_reals_are_as_short_as_they_can_be():
    (stored,) = struct.unpack("f", struct.pack("f", 0.1))

    assert printer(DataType("real"))(stored) == "0.1"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("boolean", True, "true"),
        ("date", dt.date(2024, 1, 2), "2024-01-02"),
        ("timestamp", dt.datetime(2024, 1, 2, 3, 4, 5, 678900), "2024-01-02 03:04:05.678"),  # noqa: DTZ001
        ("decimal(10,2)", Decimal("1E+2"), "100"),
        ("binary", b"hi\x00", "68 69 00"),
        (
            "array<struct<a:int,b:array<string>>>",
            [{"a": 1, "b": ["x", None]}, None],
            "[{a=1, b=[x, null]}, null]",
        ),
        ("map<string,double>", {"k": 1.5, "n": None}, "{k=1.5, n=null}"),
    ],
)
def test_values_are_written_as_athena_does(kind, value, text):
    assert printer(from_hive(kind))(value) == text


@pytest.mark.parametrize(
    ("hive", "trino", "duckdb"),
    [
        ("int", "integer", "INTEGER"),
        ("string", "varchar", "VARCHAR"),
        ("decimal(10,2)", "decimal(10,2)", "DECIMAL(10,2)"),
        ("array<map<string,bigint>>", "array(map(varchar, bigint))", "MAP(VARCHAR, BIGINT)[]"),
        (
            "struct<a:int,b:struct<c:date>>",
            "row(a integer, b row(c date))",
            'STRUCT("a" INTEGER, "b" STRUCT("c" DATE))',
        ),
    ],
)
def test_a_type_is_written_in_each_notation(hive, trino, duckdb):
    kind = from_hive(hive)

    assert (to_hive(kind), to_trino(kind), to_duckdb(kind)) == (hive, trino, duckdb)


@pytest.mark.parametrize("text", ["struct<a", "array<int", "struct<a int>", "decimal(x)"])
def test_text_that_is_no_type_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        from_hive(text)


def test_a_column_is_described_with_its_digits():
    shown = column_info("price", from_hive("decimal(10,2)"))

    assert (shown["Type"], shown["Precision"], shown["Scale"]) == ("decimal", 10, 2)
    assert column_info("x", from_hive("float"))["Type"] == "float"
