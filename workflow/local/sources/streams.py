"""The DynamoDB stream event source mapping: a shard's records, in order, to a function.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html,
services-ddb-batchfailurereporting.html (checkpoint at the lowest failed sequence number, bisected
there too) and services-dynamodb-errors.html (retries, age, the on-failure destination).
Not done: ParallelizationFactor (a shard is read by one thread), MaximumBatchingWindowInSeconds and
TumblingWindowInSeconds.
"""

import base64
import datetime as dt
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workflow.local.clients import Clients
from workflow.local.credentials import RoleSession
from workflow.local.sources.batches import BatchRunner
from workflow.local.sources.patterns import matches

UNSUPPORTED = (
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
)

_TOO_OLD = frozenset({"ExpiredIteratorException", "TrimmedDataAccessException"})
_IDLE = 0.1
_PAUSE = 0.5


class StreamSource:
    """Reads one stream for one mapping."""

    def __init__(
        self,
        mapping: dict[str, Any],
        clients: Clients,
        *,
        session: RoleSession,
        before: "StreamSource | None" = None,
    ) -> None:
        """Prepare the thread; an updated mapping goes on where it was `before`."""
        self._mapping = mapping
        self._streams = clients.get("dynamodbstreams", session)
        self._stopped = threading.Event()
        self._runner = BatchRunner(mapping, clients, session=session, stopped=self._stopped)
        self._shard: str = before._shard if before else ""
        self._last: tuple[str, str] | None = before._last if before else None
        self._iterator: str | None = before._iterator if before else self._first_iterator()
        self._thread = threading.Thread(target=self._run, name="lakescrub-stream", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a batch that is being repeated is given up."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def busy(self) -> bool:
        """A stream's records stay: a moved clock repeats no batch."""
        return False

    def _first_iterator(self) -> str | None:
        """LATEST counts from the mapping's creation, so it is resolved before the thread runs."""
        try:
            arn = self._mapping["EventSourceArn"]
            shards = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
            answer = self._streams.get_shard_iterator(
                StreamArn=arn,
                ShardId=shards[0]["ShardId"],
                ShardIteratorType=self._mapping.get("StartingPosition", "LATEST"),
            )
        except (ClientError, BotoCoreError):
            return None
        self._shard = shards[0]["ShardId"]
        iterator: str = answer["ShardIterator"]
        return iterator

    def _next_iterator(self) -> str | None:
        """Go on behind the last record read; an iterator lives for 15 minutes on AWS."""
        if self._last is None:
            return self._first_iterator()
        shard, number = self._last
        arn = self._mapping["EventSourceArn"]
        try:
            answer = self._streams.get_shard_iterator(
                StreamArn=arn,
                ShardId=shard,
                ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                SequenceNumber=number,
            )
        except (ClientError, BotoCoreError):
            # The record is trimmed by now (24 hours): the oldest one left comes next.
            answer = self._streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
            )
        iterator: str = answer["ShardIterator"]
        return iterator

    def _run(self) -> None:
        while not self._stopped.is_set():
            records = self._next_records()
            for start in range(0, len(records), self._mapping["BatchSize"]):
                self._runner.run(records[start : start + self._mapping["BatchSize"]])

    def _next_records(self) -> list[dict[str, Any]]:
        """Read on; where there is nothing to read, wait a little."""
        records: list[dict[str, Any]] = []
        pause = _IDLE
        try:
            if self._iterator is None:
                self._iterator = self._next_iterator()
            if self._iterator is not None:
                records = self._read()
        except (ClientError, BotoCoreError) as error:
            pause = _PAUSE
            if _is_too_old(error):
                self._iterator = None
        if not records:
            self._stopped.wait(pause)
        return records

    def _read(self) -> list[dict[str, Any]]:
        """Read on; the records that no filter wants are gone here, as on AWS."""
        answer = self._streams.get_records(ShardIterator=self._iterator)
        self._iterator = answer.get("NextShardIterator")
        if answer["Records"]:
            self._last = (self._shard, answer["Records"][-1]["dynamodb"]["SequenceNumber"])
        found = [self._event_record(record) for record in answer["Records"]]
        return [record for record in found if matches(record, self._mapping)]

    def _event_record(self, record: dict[str, Any]) -> dict[str, Any]:
        """Turn a record of the Streams API into one of a Lambda event."""
        event: dict[str, Any] = _plain(record)
        event["eventSourceARN"] = self._mapping["EventSourceArn"]
        identity = event.pop("userIdentity", None)
        if identity:
            event["userIdentity"] = {
                "type": identity["Type"],
                "principalId": identity["PrincipalId"],
            }
        return event


def _is_too_old(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in _TOO_OLD


def _plain(value: Any) -> Any:
    """JSON as Lambda shows it: times as seconds, binary as Base64."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dt.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
