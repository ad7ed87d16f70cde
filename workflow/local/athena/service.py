"""The Athena API: starts queries, shows them, pages through their results."""

import base64
import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.local.athena.catalog import Catalog
from workflow.local.athena.executions import ENGINE, FINAL, Execution
from workflow.local.athena.failures import QueryRefused
from workflow.local.athena.objects import Objects
from workflow.local.athena.parsing import parse, strip
from workflow.local.athena.printing import column_info
from workflow.local.athena.results import ResultStore
from workflow.local.athena.statements import classify
from workflow.local.athena.worker import Worker

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

Body = dict[str, Any]
Answer = tuple[int, Body]
Forward = Callable[[], Answer]
_AT_ONCE = 4
_MOST_ROWS = 1000
_MOST_LISTED = 50


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _no_emulator() -> Answer:
    raise NotImplementedError("there is no emulator to ask")


class AthenaService:
    """Answers the query actions of ``AmazonAthena``; workgroups stay the emulator's.

    Args:
        athena: A client of the endpoint, asked for workgroups.
        glue: A client of the endpoint: the catalog.
        s3: A client of the endpoint: the lake and the results.
        clock: Gives the time that queries see.
    """

    def __init__(
        self,
        *,
        athena: "AthenaClient",
        glue: "GlueClient",
        s3: "S3Client",
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        """Keep the clients; nothing is asked yet."""
        # It tells of what it left out on stderr; here that is refused instead.
        logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
        self._athena = athena
        self._results = ResultStore(s3)
        self._worker = Worker(Catalog(glue), Objects(s3), self._results, glue, clock)
        self._clock = clock
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="athena")
        self.actions: dict[str, Callable[[Body], Body]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "ListQueryExecutions": self._list,
            "StopQueryExecution": self._stop,
            "GetQueryResults": self._get_results,
            "GetQueryRuntimeStatistics": self._statistics,
        }

    def handle(self, action: str, body: Body, forward: Forward = _no_emulator) -> Answer:
        """Answer one action of `actions` or ``GetWorkGroup``.

        Call it off the event loop, it waits for the endpoint.

        Args:
            action: What follows ``AmazonAthena.`` in X-Amz-Target.
            body: The request.
            forward: Gives the emulator's own answer to the request.
        """
        if action == "GetWorkGroup":
            return _with_defaults(*forward())
        try:
            return 200, self.actions[action](body)
        except QueryRefused as error:
            return 400, {
                "__type": "InvalidRequestException",
                "AthenaErrorCode": error.code,
                "Message": str(error),
                "message": str(error),
            }

    def wait(self, identity: str, *, seconds: float) -> None:
        """Wait until an execution has ended, at most so long."""
        self._executions[identity].ended.wait(seconds)

    def close(self) -> None:
        """Stop what runs."""
        for execution in list(self._executions.values()):
            execution.cancel(at=self._clock())
        self._pool.shutdown(wait=True, cancel_futures=True)
        for execution in self._executions.values():
            execution.left.set()

    def _start(self, body: Body) -> Body:
        token = body.get("ClientRequestToken")
        fingerprint = repr(sorted((k, repr(v)) for k, v in body.items()))
        with self._lock:
            if token in self._tokens:
                known, same = self._tokens[token]
                if same != fingerprint:
                    raise QueryRefused("Idempotent parameters do not match")
                return {"QueryExecutionId": known}
            execution = self._new(body)
            self._executions[execution.id] = execution
            if token:
                self._tokens[token] = (execution.id, fingerprint)
        self._pool.submit(self._worker.run, execution)
        return {"QueryExecutionId": execution.id}

    def _new(self, body: Body) -> Execution:
        text = strip(body.get("QueryString") or "")
        statement = classify(text)
        if statement.kind == "DML" and statement.verb == "SELECT":
            _check_syntax(text)
        identity = str(uuid.uuid4())
        workgroup = body.get("WorkGroup") or "primary"
        return Execution(
            id=identity,
            text=body["QueryString"],
            kind=statement.kind,
            substatement=statement.verb,
            database=(body.get("QueryExecutionContext") or {}).get("Database", "default").lower(),
            workgroup=workgroup,
            output=f"{self._output(body, workgroup)}{statement.file_name(identity)}",
            parameters=tuple(body.get("ExecutionParameters") or ()),
            submitted=self._clock(),
        )

    def _output(self, body: Body, workgroup: str) -> str:
        try:
            found = self._athena.get_work_group(WorkGroup=workgroup)["WorkGroup"]
        except ClientError:
            raise QueryRefused(f"WorkGroup {workgroup} is not found.") from None
        if found.get("State") == "DISABLED":
            raise QueryRefused(f"WorkGroup {workgroup} is disabled.")
        configuration = found.get("Configuration", {})
        theirs = configuration.get("ResultConfiguration", {}).get("OutputLocation")
        ours = (body.get("ResultConfiguration") or {}).get("OutputLocation")
        enforced = configuration.get("EnforceWorkGroupConfiguration", False)
        location = theirs if theirs and (enforced or not ours) else ours
        if not location:
            raise QueryRefused(
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input."
            )
        return location if location.endswith("/") else f"{location}/"

    def _find(self, body: Body) -> Execution:
        identity = body.get("QueryExecutionId", "")
        found = self._executions.get(identity)
        if found is None:
            raise QueryRefused(f"QueryExecution {identity} was not found")
        return found

    def _get(self, body: Body) -> Body:
        return {"QueryExecution": self._find(body).describe()}

    def _batch_get(self, body: Body) -> Body:
        wanted = body.get("QueryExecutionIds") or []
        missing = [one for one in wanted if one not in self._executions]
        return {
            "QueryExecutions": [
                self._executions[one].describe() for one in wanted if one in self._executions
            ],
            "UnprocessedQueryExecutionIds": [
                {
                    "QueryExecutionId": one,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": f"QueryExecution {one} was not found",
                }
                for one in missing
            ],
        }

    def _list(self, body: Body) -> Body:
        workgroup = body.get("WorkGroup") or "primary"
        found = [e.id for e in self._executions.values() if e.workgroup == workgroup][::-1]
        start = int(body.get("NextToken") or 0)
        end = start + int(body.get("MaxResults") or _MOST_LISTED)
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"QueryExecutionIds": found[start:end], **more}

    def _stop(self, body: Body) -> Body:
        self._find(body).cancel(at=self._clock())
        return {}

    def _statistics(self, body: Body) -> Body:
        found = self._find(body).describe()["Statistics"]
        return {
            "QueryRuntimeStatistics": {
                "Timeline": {
                    name: found[name]
                    for name in ("TotalExecutionTimeInMillis", "EngineExecutionTimeInMillis")
                },
                "Rows": {"InputBytes": found["DataScannedInBytes"]},
            }
        }

    def _get_results(self, body: Body) -> Body:
        execution = self._find(body)
        if execution.state != "SUCCEEDED":
            what = "did not finish successfully" if execution.state in FINAL else "has not finished"
            raise QueryRefused(
                f"Query {what} yet. Current state: {execution.state}"
                if execution.state not in FINAL
                else f"Query {what}. Final query state: {execution.state}",
                code="INVALID_QUERY_STATE",
            )
        most = min(int(body.get("MaxResults") or _MOST_ROWS), _MOST_ROWS)
        offset = _offset(body.get("NextToken"))
        result: Body = {
            "ResultSet": {
                "Rows": [],
                "ResultSetMetadata": {
                    "ColumnInfo": [column_info(name, kind) for name, kind in execution.columns]
                },
            },
            "UpdateCount": execution.update_count or 0,
        }
        if execution.columns or execution.output.endswith(".txt"):
            page = self._worker.page(execution, offset=offset, most=most)
            result["ResultSet"]["Rows"] = [
                {"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
                for row in page.rows
            ]
            if page.next_offset is not None:
                result["NextToken"] = base64.b64encode(str(page.next_offset).encode()).decode()
        return result


def _with_defaults(status: int, answer: Body) -> Answer:
    """Show the settings that every workgroup has; clients such as awswrangler rely on them."""
    if "WorkGroup" in answer:
        given = answer["WorkGroup"].get("Configuration") or {}
        version = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE}
        answer["WorkGroup"]["Configuration"] = {
            "ResultConfiguration": {},
            "EnforceWorkGroupConfiguration": False,
            "PublishCloudWatchMetricsEnabled": False,
            "RequesterPaysEnabled": False,
            "EngineVersion": version,
            **given,
        }
    return status, answer


def _check_syntax(text: str) -> None:
    """Refuse what is no SQL at once, as Athena does, before there is an execution."""
    count = text.count("?")
    parse(text, None if count else ())


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except ValueError:
        raise QueryRefused("Invalid pagination token") from None
