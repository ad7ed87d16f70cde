"""Clients that know nothing of us: awswrangler, from the environment of the clients."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

PYTHON = Path(__file__).parents[2] / ".venv-clients" / "bin" / "python"
SCRIPT = """
import json, sys
import awswrangler as wr

database, workgroup = sys.argv[1:]
sql = (
    "SELECT id, name, score, DATE '2024-01-02' AS d, DECIMAL '1.50' AS price, day "
    "FROM wrangled ORDER BY id"
)
forms = {"ctas": {}, "csv": {"ctas_approach": False}}
answers = {
    form: wr.athena.read_sql_query(sql, database=database, workgroup=workgroup, **more)
    for form, more in forms.items()
}
print(json.dumps({form: frame.to_dict("records") for form, frame in answers.items()}, default=str))
"""
ROWS = '{"id": 1, "Name": "ann", "score": 1.5}\n{"id": 2, "score": null}\n'


@pytest.fixture(scope="module")
def wrangled(stack):
    """A crawled table with one partition."""
    bucket, database = stack.outputs["LakeBucket"], stack.outputs["Database"]
    stack.client("s3").put_object(
        Bucket=bucket, Key="wrangled/day=2024-01-01/a.json", Body=ROWS.encode()
    )
    glue = stack.client("glue")
    role = glue.get_crawler(Name=stack.outputs["Crawler"])["Crawler"]["Role"]
    targets = {"S3Targets": [{"Path": f"s3://{bucket}/wrangled/"}]}
    glue.create_crawler(Name="wrangled", Role=role, DatabaseName=database, Targets=targets)
    glue.start_crawler(Name="wrangled")
    deadline = time.monotonic() + 20
    while glue.get_crawler(Name="wrangled")["Crawler"]["State"] != "READY":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return stack


def test_a_crawled_table_is_queried_over_http(wrangled):
    athena = wrangled.client("athena")
    answer = athena.start_query_execution(
        QueryString='SELECT id, name, day, "$path" FROM wrangled ORDER BY id',
        QueryExecutionContext={"Database": wrangled.outputs["Database"]},
        WorkGroup=wrangled.outputs["Workgroup"],
    )
    started = {"QueryExecutionId": answer["QueryExecutionId"]}
    deadline = time.monotonic() + 20
    execution = {"Status": {"State": "QUEUED"}}
    while execution["Status"]["State"] in {"QUEUED", "RUNNING"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        execution = athena.get_query_execution(**started)["QueryExecution"]

    rows = athena.get_query_results(**started)["ResultSet"]["Rows"]
    path = f"s3://{wrangled.outputs['LakeBucket']}/wrangled/day=2024-01-01/a.json"
    assert [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows] == [
        ["id", "name", "day", "$path"],
        ["1", "ann", "2024-01-01", path],
        ["2", None, "2024-01-01", path],
    ]


@pytest.mark.skipif(not PYTHON.exists(), reason="make setup builds .venv-clients")
def test_awswrangler_reads_queries_unchanged(wrangled):
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": wrangled.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": wrangled.region,
    }
    names = [wrangled.outputs["Database"], wrangled.outputs["Workgroup"]]

    done = subprocess.run(
        [PYTHON, "-c", SCRIPT, *names],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    common = {"d": "2024-01-02", "price": "1.50", "day": "2024-01-01"}
    expected = [
        {"id": 1, "name": "ann", "score": 1.5, **common},
        {"id": 2, "name": None, "score": None, **common},
    ]
    answers = json.loads(done.stdout.replace("NaN", "null").replace('"<NA>"', "null"))
    assert answers == {"ctas": expected, "csv": expected}
