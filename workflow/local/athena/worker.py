"""Runs an execution to its end, and writes what it leaves."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from workflow.local.athena.catalog import Catalog
from workflow.local.athena.data_types import VARCHAR
from workflow.local.athena.engine import Request, Run, open_run
from workflow.local.athena.executions import Execution
from workflow.local.athena.exporting import Exporter
from workflow.local.athena.failures import SYSTEM, QueryFailed, QueryRefused
from workflow.local.athena.objects import Objects
from workflow.local.athena.parsing import strip
from workflow.local.athena.results import Page, ResultStore, metadata, write_csv
from workflow.local.athena.utility import Utility

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_log = logging.getLogger(__name__)


class Worker:
    """Runs executions; one at a time in each thread.

    Args:
        catalog: The Glue catalog.
        objects: The lake.
        results: Where results go.
        glue: Where statements that define something write.
        clock: Gives the time that queries see.
    """

    def __init__(
        self,
        catalog: Catalog,
        objects: Objects,
        results: ResultStore,
        glue: "GlueClient",
        clock: Callable[[], dt.datetime],
    ) -> None:
        """Keep what it works with."""
        self._catalog = catalog
        self._objects = objects
        self._results = results
        self._exporter = Exporter(results, glue)
        self._utility = Utility(catalog, objects, glue)
        self._clock = clock

    def run(self, execution: Execution) -> None:
        """Run to the end; nothing is raised, the execution says how it ended."""
        if not execution.move("RUNNING", at=self._clock()):
            execution.left.set()
            return
        failure = self._attempt(execution)
        state = "FAILED" if failure else "SUCCEEDED"
        execution.move(state, at=self._clock(), failure=failure)
        _log.info(
            "query_ended",
            extra={"query": execution.id, "state": state, "scanned": execution.scanned},
        )

    def _attempt(self, execution: Execution) -> QueryFailed | None:
        try:
            with open_run(self._catalog, self._objects) as run:
                execution.interrupt = run.interrupt
                self._dispatch(execution, run)
        except QueryFailed as failure:
            return failure
        except QueryRefused as refusal:
            return QueryFailed("SYNTAX_ERROR", str(refusal))
        except Exception as error:  # noqa: BLE001 - a thread's last line; the text may hold content
            return QueryFailed(
                "GENERIC_INTERNAL_ERROR",
                f"{type(error).__name__} on the embedded stack",
                category=SYSTEM,
            )
        finally:
            execution.interrupt = None
            execution.left.set()
        return None

    def _dispatch(self, execution: Execution, run: Run) -> None:
        if execution.substatement == "SELECT":
            self._select(execution, run)
        elif execution.substatement in {"UNLOAD", "CREATE_TABLE_AS_SELECT"}:
            self._exporter.run(execution, run, self._clock())
        else:
            self._tell(execution, run)

    def _select(self, execution: Execution, run: Run) -> None:
        request = Request(
            strip(execution.text), execution.database, execution.parameters, self._clock()
        )
        answer = run.answer(request)
        execution.scanned = answer.scanned
        path = run.folder / "result.csv"
        types = [kind for _, kind in answer.columns]
        write_csv(path, [name for name, _ in answer.columns], types, answer.rows)
        self._results.put(execution.output, path)
        self._results.put_bytes(f"{execution.output}.metadata", metadata(answer.columns))
        execution.columns = answer.columns

    def _tell(self, execution: Execution, run: Run) -> None:
        told = self._utility.run(execution.substatement, strip(execution.text), execution.database)
        execution.columns = tuple((name, VARCHAR) for name in told.columns)
        path = run.folder / "result.txt"
        path.write_text("".join(f"{line}\n" for line in told.lines), encoding="utf-8")
        self._results.put(execution.output, path)
        self._results.put_bytes(f"{execution.output}.metadata", metadata(execution.columns))

    def page(self, execution: Execution, *, offset: int, most: int) -> Page:
        """Read a page of an execution's result."""
        if execution.output.endswith(".txt"):
            return self._results.lines(execution.output, offset=offset, most=most)
        return self._results.page(execution.output, offset=offset, most=most)
