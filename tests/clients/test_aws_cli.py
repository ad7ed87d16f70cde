"""The whole round of an uploader, an analyst and an operator with the AWS CLI from PyPI."""

import json

from tests.end_to_end.world import canary, eventually, row
from workflow.transitions import Status


def test_goes_the_whole_round(world, aws, tmp_path):
    key, secret = world.key("round trip.jsonl"), canary()
    local = tmp_path / "upload.jsonl"
    local.write_bytes(row(secret, n=1) + row(secret, n=2))

    aws("s3", "cp", str(local), f"s3://{world.lake}/{key}", "--metadata", "owner=a")
    head = aws("s3api", "head-object", "--bucket", world.lake, "--key", key)
    world.scheduled(key, head["VersionId"])
    timers = aws("dynamodb", "scan", "--table-name", world.names.schedule_table)
    entry = world.run(key, head["VersionId"])

    assert any(item["path"]["S"] == str(world.path(key)) for item in timers["Items"])
    assert entry.status is Status.PROCESSED
    machine = world.names.state_machine_arn
    executions = aws("stepfunctions", "list-executions", "--state-machine-arn", machine)
    assert entry.execution in [each["executionArn"] for each in executions["executions"]]
    described = aws("stepfunctions", "describe-execution", "--execution-arn", entry.execution)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["input"])["path"] == str(world.path(key))
    history = aws("stepfunctions", "get-execution-history", "--execution-arn", entry.execution)
    assert history["events"][-1]["type"] == "ExecutionSucceeded"
    aws("s3", "cp", f"s3://{world.lake}/{key}", str(local))
    assert local.read_bytes() == row("", n=1) + row("", n=2)
    entries = aws("dynamodb", "scan", "--table-name", world.names.ledger_table)
    assert secret not in json.dumps(entries)


def test_queries_the_table_that_the_crawler_found(world, aws):
    key = world.key()
    version = world.upload(key, row("x", n=41))
    world.run(key, version)
    database = world.names.database
    world.table()

    table = aws("glue", "get-table", "--database-name", database, "--name", "dataset")["Table"]
    started = aws(
        "athena",
        "start-query-execution",
        "--query-string",
        f"SELECT id, secret FROM dataset WHERE \"$path\" = '{world.path(key)}'",
        "--query-execution-context",
        f"Database={database}",
        "--work-group",
        world.names.workgroup,
    )["QueryExecutionId"]

    def ended():
        answer = aws("athena", "get-query-execution", "--query-execution-id", started)
        status = answer["QueryExecution"]["Status"]
        return status if status["State"] not in ("QUEUED", "RUNNING") else None

    assert eventually(ended, what="the query")["State"] == "SUCCEEDED"
    rows = aws("athena", "get-query-results", "--query-execution-id", started)["ResultSet"]["Rows"]
    assert {column["Name"] for column in table["StorageDescriptor"]["Columns"]} >= {"id", "secret"}
    assert [[cell.get("VarCharValue") for cell in line["Data"]] for line in rows] == [
        ["id", "secret"],
        ["1", ""],
    ]
