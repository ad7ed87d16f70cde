"""Athena and the Glue crawler on the stack's port, in front of the emulator's own.

The emulator keeps the definitions (workgroups, databases, tables, crawlers). What runs something,
a query or a crawl, is answered here.
"""

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients

if TYPE_CHECKING:
    from workflow.local.athena import AthenaService
    from workflow.local.crawler import CrawlerService

Message = dict[str, Any]
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
        }
    ),
}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Analytics:
    """An ASGI application around another one.

    Args:
        inner: The emulator's application.
        clients: Clients of the stack's own endpoint, for this application alone.
        clock: Gives the stack's time.
    """

    def __init__(
        self,
        inner: Callable[..., Any],
        *,
        clients: Clients,
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        """Build nothing yet: clients are made on the first call."""
        self._inner = inner
        self._clients = clients
        self._clock = clock
        self._lock = threading.Lock()
        self._services: Services | None = None

    def stop(self) -> None:
        """Stop queries and crawls that still run."""
        with self._lock:
            services, self._services = self._services, None
        for service in services or ():
            service.close()
        self._clients.close()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer what is ours, pass on the rest."""
        service, action = _target(scope)
        if action not in ACTIONS.get(service, ()):
            await self._inner(scope, receive, send)
            return
        raw = await _body(receive)
        loop = asyncio.get_running_loop()

        def forward() -> Answer:
            asked = asyncio.run_coroutine_threadsafe(_ask(self._inner, scope, raw), loop)
            return asked.result()

        status, answer = await _in_thread(lambda: self._handle(service, action, raw, forward))
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/x-amz-json-1.1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

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
                return athena.handle(action, body)
            return crawler.handle(action, body, forward)
        except Exception as error:  # noqa: BLE001 - the server's last line; the text may hold content
            return 500, {
                "__type": "InternalServerException",
                "message": f"{type(error).__name__} on the embedded stack",
            }


def _target(scope: Message) -> tuple[str, str]:
    if scope["type"] != "http":
        return "", ""
    found = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
    service, _, action = found.decode("latin-1").partition(".")
    return service, action


async def _body(receive: Any) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(parts)


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


async def _ask(inner: Callable[..., Any], scope: Message, raw: bytes) -> Answer:
    """Ask the emulator, and read its answer."""
    status, parts = 0, bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.extend(message.get("body", b""))

    await inner(scope, receive, send)
    return status, json.loads(bytes(parts) or b"{}")
