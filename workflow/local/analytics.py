"""Athena and the Glue crawler inside the emulator, in the place of its own.

The emulator keeps the definitions (workgroups, databases, tables, crawlers). What runs something,
a query or a crawl, is answered here, after the emulator has checked the caller's policies.
"""

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients

if TYPE_CHECKING:
    from workflow.local.athena import AthenaService
    from workflow.local.crawler import CrawlerService

Handler = Callable[..., Awaitable[Any]]
Answer = tuple[int, dict[str, Any]]
Services = tuple["AthenaService", "CrawlerService"]
_ATHENA, _GLUE = "AmazonAthena", "AWSGlue"
# The emulator answers every other action.
ACTIONS = {
    _ATHENA: frozenset(
        {
            "StartQueryExecution",
            "GetQueryExecution",
            "BatchGetQueryExecution",
            "ListQueryExecutions",
            "StopQueryExecution",
            "GetQueryResults",
            "GetQueryRuntimeStatistics",
            "GetWorkGroup",
        }
    ),
    _GLUE: frozenset(
        {
            "StartCrawler",
            "StopCrawler",
            "GetCrawler",
            "GetCrawlers",
            "BatchGetCrawlers",
            "GetCrawlerMetrics",
            "UpdateCrawler",
            "DeleteCrawler",
            "StartCrawlerSchedule",
            "StopCrawlerSchedule",
        }
    ),
}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Analytics:
    """Takes over the actions that run something.

    Args:
        clients: Clients of the stack's own endpoint.
        clock: Gives the stack's time.
    """

    def __init__(self, *, clients: Clients, clock: Callable[[], dt.datetime] = _now) -> None:
        """Build nothing yet: the services are built on the first call."""
        self._clients = clients
        self._clock = clock
        self._lock = threading.Lock()
        self._services: Services | None = None

    def mount(self, handlers: dict[str, Handler]) -> None:
        """Wrap the emulator's handlers of the two services."""
        for name, target in (("athena", _ATHENA), ("glue", _GLUE)):
            inner = handlers[name]
            handlers[name] = self._around(target, getattr(inner, "inner", inner))

    def start(self) -> None:
        """Nothing to begin: the services are built when they are first asked."""

    def stop(self) -> None:
        """Stop queries and crawls that still run."""
        with self._lock:
            services, self._services = self._services, None
        for service in services or ():
            service.close()

    def _around(self, target: str, inner: Handler) -> Handler:
        async def handle(
            method: str, path: str, headers: dict[str, str], raw: bytes, query: Any
        ) -> Any:
            service, _, action = headers.get("x-amz-target", "").partition(".")
            if service != target or action not in ACTIONS[target]:
                return await inner(method, path, headers, raw, query)
            loop = asyncio.get_running_loop()

            def forward() -> Answer:
                asked = inner(method, path, headers, raw, query)
                status, _, body = asyncio.run_coroutine_threadsafe(_awaited(asked), loop).result()
                return status, json.loads(body or b"{}")

            status, answer = await _in_thread(lambda: self._handle(target, action, raw, forward))
            kind = {"Content-Type": "application/x-amz-json-1.1"}
            return status, kind, json.dumps(answer).encode()

        handle.inner = inner  # type: ignore[attr-defined]
        return handle

    def _build(self) -> Services:
        # DuckDB and the SQL parser are imported by the first call, not by the stack's start.
        from workflow.local.athena import AthenaService
        from workflow.local.crawler import CrawlerService

        with self._lock:
            if self._services is None:
                glue, s3 = self._clients.get("glue"), self._clients.get("s3")
                athena = self._clients.get("athena")
                self._services = (
                    AthenaService(athena=athena, glue=glue, s3=s3, clock=self._clock),
                    CrawlerService(glue=glue, s3=s3, clock=self._clock),
                )
            return self._services

    def _handle(
        self, service: str, action: str, raw: bytes, forward: Callable[[], Answer]
    ) -> Answer:
        athena, crawler = self._build()
        try:
            body = json.loads(raw or b"{}")
            if service == _ATHENA:
                return athena.handle(action, body, forward)
            return crawler.handle(action, body, forward)
        except Exception as error:  # noqa: BLE001 - the server's last line; the text may hold content
            return 500, {
                "__type": "InternalServerException",
                "message": f"{type(error).__name__} on the embedded stack",
            }


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    """Run on a thread of its own: the work asks this very server, a pool could run dry."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Answer] = loop.create_future()

    def run() -> None:
        answer = work()
        loop.call_soon_threadsafe(_settle, done, answer)

    threading.Thread(target=run, name="lakescrub-analytics", daemon=True).start()
    return await done


def _settle(done: "asyncio.Future[Answer]", answer: Answer) -> None:
    if not done.done():
        done.set_result(answer)


async def _awaited(asked: Awaitable[Any]) -> Any:
    return await asked
