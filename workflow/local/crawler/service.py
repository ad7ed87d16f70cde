"""The crawler's part of the Glue API; the definitions stay the emulator's.

A crawl runs in a thread: READY, RUNNING while it looks, STOPPING while it ends, READY again.
"""

import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workflow.local.crawler.catalog_writer import Counts
from workflow.local.crawler.crawl import Crawl

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

Body = dict[str, Any]
Answer = tuple[int, Body]
Forward = Callable[[], Answer]
_log = logging.getLogger(__name__)
_OK = 200


@dataclass
class _State:
    """Where a crawler is, and how its last crawl ended."""

    state: str = "READY"
    paused: bool = False
    started: dt.datetime | None = None
    seconds: float = 0.0
    last: Body = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    stop: threading.Event = field(default_factory=threading.Event)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class CrawlerService:
    """Runs crawlers, and shows their states over the emulator's definitions.

    Args:
        glue: A client of the endpoint: definitions and catalog.
        s3: A client of the endpoint: the lake.
        clock: Gives the times that LastCrawl shows.
    """

    def __init__(
        self,
        *,
        glue: "GlueClient",
        s3: "S3Client",
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        """Keep the clients; nothing is asked yet."""
        self._glue = glue
        self._s3 = s3
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.actions: dict[str, Callable[[Body, Forward], Answer]] = {
            "StartCrawler": self._start,
            "StopCrawler": self._stop,
            "GetCrawler": self._get,
            "GetCrawlers": self._get_many,
            "BatchGetCrawlers": self._get_many,
            "GetCrawlerMetrics": self._metrics,
            "UpdateCrawler": self._unless_running,
            "DeleteCrawler": self._unless_running,
            "StartCrawlerSchedule": lambda body, _: self._schedule(body, paused=False),
            "StopCrawlerSchedule": lambda body, _: self._schedule(body, paused=True),
        }

    def handle(self, action: str, body: Body, forward: Forward) -> Answer:
        """Answer one action of `actions`.

        Call it off the event loop, it waits for the endpoint.

        Args:
            action: What follows ``AWSGlue.`` in X-Amz-Target.
            body: The request.
            forward: Gives the emulator's own answer to the request.
        """
        return self.actions[action](body, forward)

    def wait(self) -> None:
        """Wait until no crawl runs."""
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """Stop what runs and wait for it."""
        for state in self._states.values():
            state.stop.set()
        self.wait()

    def _start(self, body: Body, _forward: Forward) -> Answer:
        name = body.get("Name", "")
        try:
            crawler = self._glue.get_crawler(Name=name)["Crawler"]
        except self._glue.exceptions.EntityNotFoundException:
            return _error("EntityNotFoundException", f"Crawler {name} not found")
        with self._lock:
            state = self._states.setdefault(name, _State())
            if state.state != "READY":
                return _error(
                    "CrawlerRunningException", f"Crawler with name {name} has already started"
                )
            state.state, state.started = "RUNNING", self._clock()
            state.stop.clear()
        thread = threading.Thread(
            target=self._crawl, args=(crawler, state), name=f"crawler-{name}", daemon=True
        )
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()
        return _OK, {}

    def _crawl(self, crawler: Any, state: _State) -> None:
        status, error, counts = "SUCCEEDED", "", Counts()
        try:
            done = Crawl(self._glue, self._s3, crawler, state.stop.is_set).run()
            if done is None:
                status = "CANCELLED"
            counts = done or counts
        except Exception as problem:  # noqa: BLE001 - a thread's last line; no text, it may hold content
            status, error = "FAILED", f"Internal Service Exception: {type(problem).__name__}"
        with self._lock:
            self._end(crawler["Name"], state, status, error, counts)
        _log.info("crawl_ended", extra={"crawler": crawler["Name"], "status": status})

    def _end(self, name: str, state: _State, status: str, error: str, counts: Counts) -> None:
        assert state.started is not None
        state.last = {
            "Status": status,
            "LogGroup": "/aws-glue/crawlers",
            "LogStream": name,
            "MessagePrefix": str(uuid.uuid4()),
            "StartTime": state.started.timestamp(),
            **({"ErrorMessage": error} if error else {}),
        }
        state.seconds = max(0.0, (self._clock() - state.started).total_seconds())
        state.counts = counts
        state.state = "READY"

    def _stop(self, body: Body, _forward: Forward) -> Answer:
        name = body.get("Name", "")
        with self._lock:
            state = self._states.get(name)
            if state is not None and state.state == "RUNNING":
                state.state = "STOPPING"
                state.stop.set()
                return _OK, {}
            if state is not None and state.state == "STOPPING":
                return _error("CrawlerStoppingException", f"Crawler {name} is stopping")
        try:
            self._glue.get_crawler(Name=name)
        except self._glue.exceptions.EntityNotFoundException:
            return _error("EntityNotFoundException", f"Crawler {name} not found")
        return _error("CrawlerNotRunningException", f"Crawler with name {name} isn't running")

    def _schedule(self, body: Body, *, paused: bool) -> Answer:
        """Only the state is kept: nothing crawls by the clock here."""
        name = body.get("CrawlerName", "")
        try:
            schedule = self._glue.get_crawler(Name=name)["Crawler"].get("Schedule", {})
        except self._glue.exceptions.EntityNotFoundException:
            return _error("EntityNotFoundException", f"Crawler {name} not found")
        if not schedule.get("ScheduleExpression"):
            return _error("NoScheduleException", f"Crawler {name} has no schedule")
        with self._lock:
            state = self._states.setdefault(name, _State())
            if state.paused is paused:
                kind = "SchedulerNotRunningException" if paused else "SchedulerRunningException"
                return _error(kind, f"the schedule of {name} is that already")
            state.paused = paused
        return _OK, {}

    def _get(self, _body: Body, forward: Forward) -> Answer:
        status, answer = forward()
        if status == _OK:
            answer["Crawler"] = self._shown(answer["Crawler"])
        return status, answer

    def _get_many(self, _body: Body, forward: Forward) -> Answer:
        status, answer = forward()
        if status == _OK:
            answer["Crawlers"] = [self._shown(one) for one in answer.get("Crawlers") or []]
        return status, answer

    def _shown(self, crawler: Body) -> Body:
        state = self._states.get(crawler["Name"], _State())
        since = state.started or self._clock()
        running = state.state != "READY"
        elapsed = (self._clock() - since).total_seconds() if running else 0.0
        shown = {key: value for key, value in crawler.items() if key != "LastCrawl"}
        if schedule := crawler.get("Schedule"):
            stands = "NOT_SCHEDULED" if state.paused else "SCHEDULED"
            shown["Schedule"] = {**schedule, "State": stands}
        shown |= {"State": state.state, "CrawlElapsedTime": max(0, int(elapsed * 1000))}
        return shown | ({"LastCrawl": state.last} if state.last else {})

    def _metrics(self, _body: Body, forward: Forward) -> Answer:
        status, answer = forward()
        if status != _OK:
            return status, answer
        for metric in answer.get("CrawlerMetricsList") or []:
            state = self._states.get(metric["CrawlerName"], _State())
            metric |= {
                "LastRuntimeSeconds": state.seconds,
                "MedianRuntimeSeconds": state.seconds,
                "TablesCreated": state.counts.created,
                "TablesUpdated": state.counts.updated,
                "TablesDeleted": state.counts.deleted,
            }
        return status, answer

    def _unless_running(self, body: Body, forward: Forward) -> Answer:
        name = body.get("Name", "")
        if self._states.get(name, _State()).state != "READY":
            return _error("CrawlerRunningException", f"Crawler with name {name} is running")
        return forward()


def _error(code: str, message: str) -> Answer:
    return 400, {"__type": code, "Message": message, "message": message}
