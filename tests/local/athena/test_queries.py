"""Queries with the answers that the documentation gives; each names the page."""

from pathlib import Path

import pytest
import yaml

from tests.local.athena.conftest import Athena, as_lists

FOLDER = Path(__file__).parent / "queries"
QUERIES = [
    query
    for file in sorted(FOLDER.glob("*.yaml"))
    for query in yaml.safe_load(file.read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def lake():
    athena = Athena()
    columns = [("id", "bigint"), ("country", "string"), ("paid", "decimal(10,2)")]
    athena.add_table("visits", columns, keys=[("day", "string")])
    days = {
        "2024-01-01/a": '{"id": 1, "country": "at", "paid": 1.25}\n{"id": 2, "country": "at", '
        '"paid": 2.5}\n',
        "2024-01-02/b": '{"id": 3, "country": "de", "paid": 2.000}\n{"id": 4, "Country": null, '
        '"other": true}\n',
    }
    for name, rows in days.items():
        day = name.partition("/")[0]
        athena.put(f"visits/day={name}.json", rows)
        athena.add_partition("visits", day, location=f"s3://lake/visits/day={day}/")
    athena.put("visits/day=2024-01-03/not-registered.json", '{"id": 5}\n')
    athena.add_table("broken", [("n", "int")])
    athena.put("broken/a.json", '{"n": 1}\n{"n": \n')
    athena.add_table("unfit", [("n", "int")])
    athena.put("unfit/a.json", '{"n": "seven"}\n')
    yield athena
    athena.service.close()


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query["name"])
def test_a_query_answers_as_documented(lake, query):
    parameters = query.get("parameters")
    more = {"ExecutionParameters": parameters} if parameters else {}

    if "error" in query:
        assert lake.reason(query["sql"], **more).startswith(query["error"])
        return
    execution = lake.run(query["sql"], **more)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    results = lake.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])

    header, *rows = as_lists(results)
    columns = results["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [column["Type"] for column in columns] == query["types"]
    assert header == query.get("columns", header)
    assert arranged(rows, query) == arranged(query["rows"], query)
    if "digits" in query:
        assert [[one["Precision"], one["Scale"]] for one in columns] == query["digits"]
    if "scanned" in query:
        assert execution["Statistics"]["DataScannedInBytes"] == query["scanned"]


def arranged(rows, query):
    return rows if query.get("ordered", True) else sorted(rows, key=repr)


def test_there_are_forty_queries_or_more_and_each_names_its_source():
    assert len(QUERIES) >= 40
    assert len({query["name"] for query in QUERIES}) == len(QUERIES)
    assert all(query["source"].startswith("https://") for query in QUERIES)
