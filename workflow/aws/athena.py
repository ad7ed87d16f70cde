"""Queries through Athena: start, wait, read the pages, and repeat one that hit a replaced file."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.errors import LakescrubError, RetryableError

_REFUSED = "InvalidRequestException"
_REPLACED = ("Incorrect fileSize", "HIVE_FILESYSTEM_ERROR")
_FIRST_NAP, _LONGEST_NAP, _GROWTH = 0.05, 1.0, 1.5
_RUNNING = frozenset({"QUEUED", "RUNNING"})
ATTEMPTS = 5


class QueryFailed(LakescrubError):
    """Athena refused the query, or the query failed."""


class FileReplaced(RetryableError):
    """A file of the table was replaced while the query ran; the same query can be asked again."""


@dataclass(frozen=True)
class Column:
    """A column of a result."""

    name: str
    type: str


@dataclass(frozen=True)
class QueryResult:
    """The answer to a query.

    Attributes:
        id: The execution that gave it.
        columns: The columns, in their order.
        rows: The rows, page by page, as Athena's text; None is NULL.
        scanned: How many bytes were read.
    """

    id: str
    columns: tuple[Column, ...]
    rows: Iterator[list[str | None]]
    scanned: int


class Athena:
    """Asks one workgroup about one database.

    Args:
        client: A boto3 client.
        database: The database of tables that are named without one.
        workgroup: The workgroup.
        sleep: How to wait.
    """

    def __init__(
        self,
        client: Any,
        *,
        database: str,
        workgroup: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the names."""
        self._client = client
        self._database = database
        self._workgroup = workgroup
        self._sleep = sleep

    def query(
        self,
        sql: str,
        *,
        parameters: Sequence[str] = (),
        on_repeat: Callable[[], None] = lambda: None,
    ) -> QueryResult:
        """Ask, and ask again where a file was being replaced.

        Args:
            sql: The statement.
            parameters: What to put in the place of each ``?``, as SQL text.
            on_repeat: Called before the query is asked again.

        Raises:
            QueryFailed: Athena refused the query, or it failed.
            FileReplaced: Files were being replaced each time.
        """
        import stamina  # noqa: PLC0415 -- the functions of the stack have no need of it

        attempts = stamina.retry_context(
            on=FileReplaced, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=10.0
        )
        for attempt in attempts:
            with attempt:
                if attempt.num > 1:
                    on_repeat()
                return self._once(sql, parameters)
        raise AssertionError("stamina gives one attempt at least")

    def _once(self, sql: str, parameters: Sequence[str]) -> QueryResult:
        identity = self._start(sql, parameters)
        try:
            execution = self._wait(identity)
        except KeyboardInterrupt:
            self._client.stop_query_execution(QueryExecutionId=identity)
            raise
        _check(execution["Status"])
        pages = self._pages(identity)
        first = next(pages)
        columns = tuple(
            Column(one["Name"], one["Type"])
            for one in first["ResultSet"]["ResultSetMetadata"].get("ColumnInfo", ())
        )
        headed = execution.get("StatementType") == "DML"
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        return QueryResult(identity, columns, _rows(first, pages, skip=headed), scanned)

    def _start(self, sql: str, parameters: Sequence[str]) -> str:
        more: dict[str, Any] = {"ExecutionParameters": list(parameters)} if parameters else {}
        with told("StartQueryExecution"):
            try:
                started = self._client.start_query_execution(
                    QueryString=sql,
                    QueryExecutionContext={"Database": self._database},
                    WorkGroup=self._workgroup,
                    **more,
                )
            except ClientError as error:
                if error_code(error) != _REFUSED:
                    raise
                refusal = str(error.response["Error"].get("Message", "refused"))
            else:
                return str(started["QueryExecutionId"])
        raise QueryFailed(_line(refusal))

    def _wait(self, identity: str) -> dict[str, Any]:
        nap = _FIRST_NAP
        while True:
            with told(f"GetQueryExecution {identity}"):
                answer = self._client.get_query_execution(QueryExecutionId=identity)
            execution: dict[str, Any] = answer["QueryExecution"]
            if execution["Status"]["State"] not in _RUNNING:
                return execution
            self._sleep(nap)
            nap = min(nap * _GROWTH, _LONGEST_NAP)

    def _pages(self, identity: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("get_query_results")
        with told(f"GetQueryResults {identity}"):
            yield from pages.paginate(QueryExecutionId=identity)


def _check(status: dict[str, Any]) -> None:
    if status["State"] == "SUCCEEDED":
        return
    reason = _line(status.get("StateChangeReason") or f"the query was {status['State'].lower()}")
    if any(sign in reason for sign in _REPLACED):
        raise FileReplaced(f"{reason} (asked {ATTEMPTS} times)")
    raise QueryFailed(reason)


def _line(text: str) -> str:
    return " ".join(text.split())


def _parts(cell: str | None) -> list[str | None]:
    return [None] if cell is None else [part.strip() for part in cell.split("\t")]


def _rows(
    first: dict[str, Any], pages: Iterator[dict[str, Any]], *, skip: bool
) -> Iterator[list[str | None]]:
    """Give the rows of all pages.

    The first row of a SELECT's first page is its header. Other statements give lines of text,
    whose columns are padded and parted by tabs.
    """
    rows = first["ResultSet"]["Rows"][1 if skip else 0 :]
    while True:
        for row in rows:
            cells = [cell.get("VarCharValue") for cell in row["Data"]]
            yield cells if skip else [part for cell in cells for part in _parts(cell)]
        following = next(pages, None)
        if following is None:
            return
        rows = following["ResultSet"]["Rows"]
