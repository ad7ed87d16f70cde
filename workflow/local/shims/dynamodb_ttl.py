"""Items whose TTL has passed are removed, and the removal reaches the table's stream.

Wrong in ministack 1.5.33: its reaper deletes once a minute and writes no stream record at all;
GetRecords gives `userIdentity` with lower-case members.
AWS: the removal is a REMOVE record whose `userIdentity` is type `Service`, principal
`dynamodb.amazonaws.com` (`Type`, `PrincipalId` in the Streams API; lower case in a Lambda event).
An item is never removed whose time lies more than five years in the past.
Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Identity.html
"""

import contextvars
import copy
import json
import threading
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb, dynamodb_streams

from workflow.local.clock import CLOCK
from workflow.local.shims.pins import Pin
from workflow.local.shims.wrapping import wrap

PINS = (
    Pin("ministack.services.dynamodb:_ttl_reaper", "a24bcfa24c96237e"),
    Pin("ministack.services.dynamodb:_build_change_record", "db465c03cb1f3624"),
    Pin("ministack.services.dynamodb:_emit_stream_event", "ae73c19154eed9f3"),
    Pin("ministack.services.dynamodb_streams:_get_records", "9dff7448182dd362"),
)

_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_FIVE_YEARS = 5 * 365 * 24 * 3600
_PERIOD = 1.0
_expiring: contextvars.ContextVar[bool] = contextvars.ContextVar("expiring", default=False)


class _ParkedTime:
    """The module's `time`, except that ministack's own reaper never wakes up."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        if threading.current_thread().name == "dynamodb-ttl-reaper":
            threading.Event().wait()
        return time.time()


class Sweeper:
    """Removes expired items about once a second, and at once when the clock is moved."""

    def __init__(self) -> None:
        """Prepare the thread."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lakescrub-ttl", daemon=True)

    def start(self) -> None:
        """Begin to sweep."""
        CLOCK.on_advance(sweep)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopped.wait(_PERIOD):
            sweep()


def install() -> None:
    """Mark removals by TTL, show them as the API does, and stop ministack's reaper."""
    wrap(dynamodb, "_build_change_record", _marked)
    wrap(dynamodb_streams, "_get_records", _shown)
    dynamodb.time = _ParkedTime()


def _marked(original: Any) -> Any:
    def build(*args: Any, **kwargs: Any) -> dict[str, Any]:
        record: dict[str, Any] = original(*args, **kwargs)
        if _expiring.get():
            record["userIdentity"] = dict(_SERVICE)
        return record

    return build


def _shown(original: Any) -> Any:
    def get_records(data: dict[str, Any]) -> Any:
        status, headers, body = original(data)
        return status, headers, _with_api_identity(body)

    return get_records


def _with_api_identity(body: bytes) -> bytes:
    if b'"userIdentity"' not in body:
        return body
    answer = json.loads(body)
    for record in answer["Records"]:
        if "userIdentity" in record:
            found = record["userIdentity"]
            shown = {"Type": found["type"], "PrincipalId": found["principalId"]}
            record["userIdentity"] = shown
    return json.dumps(answer).encode()


def sweep() -> None:
    """Remove every item that is due now."""
    for (account, region, table_name), setting in list(dynamodb._ttl_settings.all_items()):
        if setting.get("TimeToLiveStatus") == "ENABLED":
            with request_scope(account, region):
                _sweep_table(table_name, setting["AttributeName"])


def _sweep_table(table_name: str, attribute: str) -> None:
    now = time.time()
    token = _expiring.set(True)
    try:
        with dynamodb._lock:
            table = dynamodb._tables.get(table_name)
            due = _due_items(table, attribute, now) if table else []
            for partition, sort, item in due:
                dynamodb._remove_item(table, partition, sort)
                dynamodb._emit_stream_event(table_name, "REMOVE", copy.deepcopy(item), None)
    finally:
        _expiring.reset(token)


def _due_items(table: dict[str, Any], attribute: str, now: float) -> list[tuple[Any, Any, Any]]:
    # Ministack adds items without taking its lock, so what is looked through is a copy.
    return [
        (partition, sort, item)
        for partition, items in list(table["items"].items())
        for sort, item in list(items.items())
        if _is_due((item.get(attribute) or {}).get("N"), now)
    ]


def _is_due(text: str | None, now: float) -> bool:
    return text is not None and now - _FIVE_YEARS < float(text) <= now
