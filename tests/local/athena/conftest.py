import datetime as dt

import pytest

from tests.local.athena.lake_fakes import FakeGlue, FakeS3, FakeWorkgroups
from workflow.local.athena import AthenaService
from workflow.local.athena.executions import FINAL

NOW = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)


class Athena:
    """The service over a lake in memory."""

    def __init__(self):
        self.s3, self.glue, self.workgroups = FakeS3(), FakeGlue(), FakeWorkgroups()
        self.glue.create_database(DatabaseInput={"Name": "lake"})
        self.service = AthenaService(
            athena=self.workgroups, glue=self.glue, s3=self.s3, clock=lambda: NOW
        )

    def call(self, action, **body):
        status, answer = self.service.handle(action, body)
        assert status in {200, 400}
        return answer

    def start(self, sql, **more):
        location = {"OutputLocation": "s3://results/q/"}
        context = {"Database": "lake"}
        body = {"ResultConfiguration": location, "QueryExecutionContext": context, **more}
        return self.call("StartQueryExecution", QueryString=sql, **body)

    def end(self, identity):
        self.service.wait(identity, seconds=20)
        found = self.call("GetQueryExecution", QueryExecutionId=identity)["QueryExecution"]
        assert found["Status"]["State"] in FINAL
        return found

    def run(self, sql, **more):
        """Run to the end; gives the execution as GetQueryExecution shows it."""
        return self.end(self.start(sql, **more)["QueryExecutionId"])

    def reason(self, sql, **more):
        """The reason of a query that fails."""
        status = self.run(sql, **more)["Status"]
        assert status["State"] == "FAILED", status
        return status["StateChangeReason"]

    def results(self, sql, **more):
        """Run to the end; gives what GetQueryResults shows."""
        execution = self.run(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        identity = execution["QueryExecutionId"]
        return self.call("GetQueryResults", QueryExecutionId=identity)

    def rows(self, sql, **more):
        """Run to the end; gives the rows below the header as lists of text."""
        return as_lists(self.results(sql, **more))[1:]

    def types(self, sql):
        columns = self.results(sql)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        return [column["Type"] for column in columns]

    def add_table(self, name, columns, *, serde="openx", keys=(), location=None, **parameters):
        """Register a table by hand; its files are put with `put`."""
        library = {
            "openx": "org.openx.data.jsonserde.JsonSerDe",
            "lazy": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "opencsv": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        }[serde]
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": location or f"s3://lake/{name}/",
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": parameters},
        }
        table = {
            "Name": name,
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys],
        }
        self.glue.create_table(DatabaseName="lake", TableInput=table)

    def add_partition(self, table, *values, location):
        storage = self.glue.tables["lake", table]["StorageDescriptor"]
        partition = {
            "Values": list(values),
            "StorageDescriptor": {**storage, "Location": location},
        }
        self.glue.batch_create_partition(
            DatabaseName="lake", TableName=table, PartitionInputList=[partition]
        )

    def put(self, key, data):
        body = data if isinstance(data, bytes) else data.encode()
        self.s3.put_object(Bucket="lake", Key=key, Body=body)


def as_lists(results):
    return [
        [cell.get("VarCharValue") for cell in row["Data"]] for row in results["ResultSet"]["Rows"]
    ]


@pytest.fixture
def athena():
    made = Athena()
    yield made
    made.service.close()
