"""``lakescrub query``: ask Athena, on AWS or on the embedded stack."""

import csv
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workflow.cli.options import DEFAULT_STACK, Endpoint, Stack, open_workbench
from workflow.cli.output import AsJson, print_json, print_table, say
from workflow.errors import UsageError

if TYPE_CHECKING:
    from workflow.aws.athena import QueryResult

_NUMBERS = frozenset({"tinyint", "smallint", "integer", "bigint", "double", "float"})
_WORDS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    "json": json.loads,
}


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One statement.")],
    *,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--param", help="For a ? of the statement, as SQL: 7, or \"'text'\"."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Of tables named without one; by default the stack's.")
    ] = None,
    workgroup: Annotated[
        str | None, typer.Option(help="Of Athena; by default the stack's.")
    ] = None,
    stack: Stack = DEFAULT_STACK,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")] = False,
) -> None:
    """Ask Athena and print the answer.

    A query that hits a file which is being replaced is asked again, a few times.

    lakescrub query "SELECT * FROM dataset LIMIT 10"
    lakescrub query "SELECT count(*) FROM dataset WHERE id = ?" --param 7 --json
    """
    if as_json and as_csv:
        raise UsageError("choose one of --json and --csv")
    from workflow.aws.athena import Athena  # noqa: PLC0415 -- boto3 is slow to import

    bench = open_workbench(stack, endpoint_url)
    athena = Athena(
        bench.client("athena"),
        database=database or bench.deployment.database,
        workgroup=workgroup or bench.deployment.workgroup,
    )
    result = athena.query(sql, parameters=parameter or (), on_repeat=_tell)
    _print(result, as_json=as_json, as_csv=as_csv)


def _tell() -> None:
    say("a file was replaced while the query ran: asking again")


def _print(result: "QueryResult", *, as_json: bool, as_csv: bool) -> None:
    names = [column.name for column in result.columns]
    if as_json:
        print_json([_typed(result, row) for row in result.rows])
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(result.rows)
    else:
        print_table(names, list(result.rows))


def _typed(result: "QueryResult", row: list[str | None]) -> dict[str, Any]:
    """Give a row by its columns' names; what JSON has no type for stays text."""
    pairs = zip(result.columns, row, strict=False)
    return {column.name: _value(column.type, text) for column, text in pairs}


def _value(kind: str, text: str | None) -> Any:
    if text is None:
        return None
    if kind in _NUMBERS and text not in {"NaN", "Infinity", "-Infinity"}:
        return float(text) if kind in {"double", "float"} else int(text)
    return _WORDS.get(kind, str)(text)
