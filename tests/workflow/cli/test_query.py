import json

import pytest
import stamina
from botocore.exceptions import ClientError

REPLACED = "HIVE_FILESYSTEM_ERROR: Incorrect fileSize 10 for file (end of stream not reached)"
COLUMNS = [("id", "bigint"), ("name", "varchar"), ("ok", "boolean"), ("price", "decimal")]


class FakeAthena:
    """Ends each query with the next of its reasons; succeeds once there is none."""

    def __init__(self, rows=(), *, reasons=(), kind="DML"):
        self.rows, self.reasons, self.kind = list(rows), list(reasons), kind
        self.asked = []

    def start_query_execution(self, **request):
        self.asked.append(request)
        if request["QueryString"] == "SELEC":
            error = {"Code": "InvalidRequestException", "Message": "line 1:1: mismatched\ninput"}
            raise ClientError({"Error": error}, "StartQueryExecution")
        return {"QueryExecutionId": f"q{len(self.asked)}"}

    def get_query_execution(self, *, QueryExecutionId):  # noqa: N803 - boto3's name
        assert QueryExecutionId
        status = {"State": "SUCCEEDED"}
        if self.reasons:
            status = {"State": "FAILED", "StateChangeReason": self.reasons.pop(0)}
        return {"QueryExecution": {"Status": status, "StatementType": self.kind}}

    def get_paginator(self, _operation):
        return self

    def paginate(self, **_request):
        names = [{"VarCharValue": name} for name, _ in COLUMNS]
        header = [{"Data": names}] if self.kind == "DML" else []
        metadata = {"ColumnInfo": [{"Name": name, "Type": kind} for name, kind in COLUMNS]}
        rows = [
            {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]}
            for row in self.rows
        ]
        yield {"ResultSet": {"Rows": header + rows[:1], "ResultSetMetadata": metadata}}
        yield {"ResultSet": {"Rows": rows[1:]}}


@pytest.fixture
def ask(run, bench):
    bench.deployment.database, bench.deployment.workgroup = "lake", "team"

    def with_athena(athena, *arguments):
        bench.client = lambda _service: athena
        return run("query", *arguments)

    with stamina.set_testing(True, attempts=10, cap=True):
        yield with_athena


ROWS = [["1", "ann", "true", "1.50"], ["2", None, "false", None]]


def test_the_answer_is_a_table(ask):
    outcome = ask(FakeAthena(ROWS), "SELECT 1")

    assert outcome.code == 0
    assert outcome.data.splitlines()[0].split() == ["id", "name", "ok", "price"]
    assert "ann" in outcome.data
    assert outcome.messages == ""


def test_json_keeps_the_types_that_it_has(ask):
    outcome = ask(FakeAthena(ROWS), "SELECT 1", "--json")

    assert json.loads(outcome.data) == [
        {"id": 1, "name": "ann", "ok": True, "price": "1.50"},
        {"id": 2, "name": None, "ok": False, "price": None},
    ]


def test_csv_has_a_header(ask):
    outcome = ask(FakeAthena(ROWS), "SELECT 1", "--csv")

    assert outcome.data == "id,name,ok,price\n1,ann,true,1.50\n2,,false,\n"


def test_statements_other_than_queries_have_no_header_to_skip(ask):
    outcome = ask(FakeAthena([["t", None, None, None]], kind="UTILITY"), "SHOW TABLES", "--csv")

    assert outcome.data.splitlines()[1] == "t,,,"


def test_the_columns_of_a_description_are_parted(ask):
    described = FakeAthena([["id      \tint     \t    "]], kind="UTILITY")

    outcome = ask(described, "DESCRIBE t", "--csv")

    assert outcome.data.splitlines()[1] == "id,int,"


def test_database_workgroup_and_parameters_are_passed_on(ask):
    athena = FakeAthena()

    ask(athena, "SELECT ?", "--param", "7", "--database", "other", "--workgroup", "mine")

    assert athena.asked == [
        {
            "QueryString": "SELECT ?",
            "QueryExecutionContext": {"Database": "other"},
            "WorkGroup": "mine",
            "ExecutionParameters": ["7"],
        }
    ]


def test_a_query_that_hit_a_replaced_file_is_asked_again(ask):
    athena = FakeAthena(ROWS, reasons=[REPLACED, REPLACED])

    outcome = ask(athena, "SELECT 1", "--csv")

    assert (outcome.code, len(athena.asked)) == (0, 3)
    assert outcome.data.splitlines()[0] == "id,name,ok,price"
    assert outcome.messages.count("asking again") == 2


def test_asking_again_has_an_end(ask):
    athena = FakeAthena(reasons=[REPLACED] * 9)

    outcome = ask(athena, "SELECT 1")

    assert (outcome.code, len(athena.asked)) == (1, 5)
    assert outcome.messages.splitlines()[-1].startswith("FileReplaced: HIVE_FILESYSTEM_ERROR")
    assert outcome.data == ""


@pytest.mark.parametrize(
    ("sql", "reasons", "line"),
    [
        ("SELECT x", ["COLUMN_NOT_FOUND: line 1:8: no"], "COLUMN_NOT_FOUND: line 1:8: no"),
        ("SELEC", [], "line 1:1: mismatched input"),
    ],
)
def test_a_wrong_query_is_one_line_on_stderr(ask, sql, reasons, line):
    outcome = ask(FakeAthena(reasons=reasons), sql)

    assert (outcome.code, outcome.data) == (1, "")
    assert outcome.messages == f"QueryFailed: {line}\n"


def test_two_formats_at_once_are_refused(ask):
    assert ask(FakeAthena(), "SELECT 1", "--json", "--csv").code == 2
