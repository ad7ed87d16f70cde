import pytest

from tests.local.athena.conftest import as_lists


def result_file(athena, execution):
    bucket, _, key = (
        execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    )
    return athena.s3.objects[bucket, key].decode()


def test_the_result_file_lies_where_the_api_says(athena):
    execution = athena.run("SELECT 1 AS a, 'x \"y\"' AS b, NULL AS c, '' AS d")

    identity = execution["QueryExecutionId"]
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/q/{identity}.csv"
    assert result_file(athena, execution) == '"a","b","c","d"\n"1","x ""y""",,""\n'
    assert ("results", f"q/{identity}.csv.metadata") in athena.s3.objects


def test_the_first_page_starts_with_the_header(athena):
    results = athena.results("SELECT 1 AS a, NULL AS b")

    assert results["ResultSet"]["Rows"] == [
        {"Data": [{"VarCharValue": "a"}, {"VarCharValue": "b"}]},
        {"Data": [{"VarCharValue": "1"}, {}]},
    ]


def test_pages_follow_one_another(athena):
    execution = athena.run(
        "SELECT x, 'line\nbreak, \"é\"' AS y FROM UNNEST(sequence(1, 5)) AS t(x)"
    )
    pages, token = [], {}
    while token is not None:
        page = athena.call(
            "GetQueryResults",
            QueryExecutionId=execution["QueryExecutionId"],
            MaxResults=2,
            **token,
        )
        pages.append(as_lists(page))
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None

    assert [[row[0] for row in page] for page in pages] == [["x", "1"], ["2", "3"], ["4", "5"]]
    assert pages[2][1][1] == 'line\nbreak, "é"'


def test_the_same_token_starts_one_query(athena):
    first = athena.start("SELECT 1", ClientRequestToken="t" * 32)
    second = athena.start("SELECT 1", ClientRequestToken="t" * 32)
    other = athena.start("SELECT 2", ClientRequestToken="t" * 32)

    assert first == second
    assert other["message"] == "Idempotent parameters do not match"


def test_an_enforced_workgroup_decides_where_results_go(athena):
    athena.workgroups.groups["team"] = {
        "Configuration": {
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": "s3://results/team"},
        }
    }

    execution = athena.run("SELECT 1", WorkGroup="team")

    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/team/{execution['QueryExecutionId']}.csv"


def test_a_query_without_an_output_location_is_refused(athena):
    answer = athena.start("SELECT 1", ResultConfiguration={})

    assert answer["__type"] == "InvalidRequestException"
    assert answer["message"].startswith("No output location provided")


def test_execution_parameters_take_the_place_of_question_marks(athena):
    parameters = ["7", "'it''s'"]

    assert athena.rows("SELECT ? + 1, ?", ExecutionParameters=parameters) == [["8", "it's"]]


def test_a_missing_parameter_fails_the_query(athena):
    assert athena.reason("SELECT ?").startswith("INVALID_PARAMETER_USAGE: line 1:1: Incorrect")


def test_text_that_is_not_sql_is_refused_before_there_is_an_execution(athena):
    answer = athena.start("SELEC 1")

    assert answer["__type"] == "InvalidRequestException"
    assert answer["AthenaErrorCode"] == "MALFORMED_QUERY"
    assert athena.call("ListQueryExecutions")["QueryExecutionIds"] == []


def test_executions_are_listed_newest_first_and_page_by_page(athena):
    started = [athena.run(f"SELECT {i}")["QueryExecutionId"] for i in range(3)]

    first = athena.call("ListQueryExecutions", MaxResults=2)
    second = athena.call("ListQueryExecutions", MaxResults=2, NextToken=first["NextToken"])

    assert first["QueryExecutionIds"] + second["QueryExecutionIds"] == started[::-1]
    assert "NextToken" not in second


def test_several_executions_are_shown_at_once(athena):
    known = athena.run("SELECT 1")["QueryExecutionId"]

    answer = athena.call("BatchGetQueryExecution", QueryExecutionIds=[known, "unknown"])

    assert [one["QueryExecutionId"] for one in answer["QueryExecutions"]] == [known]
    assert answer["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "unknown"


def test_a_query_can_be_stopped(athena):
    endless = "SELECT count(*) FROM " + " CROSS JOIN ".join(
        f"UNNEST(sequence(1, 1000)) AS t{i}(x{i})" for i in range(6)
    )
    identity = athena.start(endless)["QueryExecutionId"]

    athena.call("StopQueryExecution", QueryExecutionId=identity)

    assert athena.end(identity)["Status"]["State"] == "CANCELLED"


@pytest.mark.parametrize("action", ["GetQueryExecution", "GetQueryResults", "StopQueryExecution"])
def test_an_unknown_execution_is_refused(athena, action):
    answer = athena.call(action, QueryExecutionId="nobody")

    assert answer["message"] == "QueryExecution nobody was not found"


def test_results_of_a_failed_query_are_refused(athena):
    identity = athena.run("SELECT 1 / 0")["QueryExecutionId"]

    answer = athena.call("GetQueryResults", QueryExecutionId=identity)

    assert answer["AthenaErrorCode"] == "INVALID_QUERY_STATE"


def test_a_query_reaches_neither_files_nor_settings(athena):
    for sql in ("SELECT * FROM read_text('/etc/hostname')", "SELECT getenv('HOME')"):
        answer = athena.start(sql)
        reason = answer.get("message") or athena.end(answer["QueryExecutionId"])["Status"]

        assert "SUCCEEDED" not in str(reason)
