"""Keeps one source running for each enabled event source mapping of the Lambda API."""

import json
import threading
import time
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from workflow.local.clients import Clients
from workflow.local.credentials import role_session
from workflow.local.sources.queues import QueueSource
from workflow.local.sources.streams import StreamSource

_LOOK = 1.0
_NAP = 0.01
_UNTOLD = ("LastModified", "LastProcessingResult", "State", "StateTransitionReason")


class Source(Protocol):
    """Something that reads and invokes."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def busy(self) -> bool:
        """Whether a batch is being processed."""


class Mappings:
    """Follows ListEventSourceMappings: starts, restarts and stops sources as they change."""

    def __init__(self, clients: Clients) -> None:
        """Prepare the thread."""
        self._clients = clients
        self._lambda = clients.get("lambda")
        self._sources: dict[str, tuple[str, Source]] = {}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="lakescrub-mappings", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop all sources."""
        self._stopped.set()
        self._thread.join(10)
        with self._lock:
            stopping = [
                threading.Thread(target=source.stop) for _, source in self._sources.values()
            ]
            self._sources.clear()
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join(10)

    def settle(self, seconds: float) -> None:
        """Wait until no batch is being processed, but not longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._lock:
                busy = any(source.busy() for _, source in self._sources.values())
            if not busy:
                return
            time.sleep(_NAP)

    def refresh(self) -> None:
        """Look at the mappings now."""
        pages = self._lambda.get_paginator("list_event_source_mappings").paginate()
        found = {
            mapping["UUID"]: mapping for page in pages for mapping in page["EventSourceMappings"]
        }
        with self._lock:
            for identity in set(self._sources) - set(found):
                self._sources.pop(identity)[1].stop()
            for identity, mapping in found.items():
                self._follow(identity, mapping)

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK):
            try:
                self.refresh()
            except (ClientError, BotoCoreError):
                continue

    def _follow(self, identity: str, mapping: dict[str, Any]) -> None:
        settings = {name: value for name, value in mapping.items() if name not in _UNTOLD}
        settings["State"] = "on" if mapping["State"] == "Enabled" else "off"
        shown = json.dumps(settings, sort_keys=True, default=str)
        known = self._sources.get(identity)
        if known is not None and known[0] == shown:
            return
        before = known[1] if known is not None else None
        if before is not None:
            before.stop()
        source = self._source(mapping, before)
        self._sources[identity] = (shown, source)
        if settings["State"] == "on" and not self._stopped.is_set():
            source.start()

    def _source(self, mapping: dict[str, Any], before: Source | None) -> Source:
        """Read the source as AWS does: with the function's own role."""
        config = self._lambda.get_function_configuration(FunctionName=mapping["FunctionArn"])
        session = role_session(config["Role"], name=config["FunctionName"][:64])
        if ":sqs:" in mapping["EventSourceArn"]:
            return QueueSource(mapping, self._clients, session=session)
        earlier = before if isinstance(before, StreamSource) else None
        return StreamSource(mapping, self._clients, session=session, before=earlier)
