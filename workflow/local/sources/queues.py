"""The SQS event source mapping: batches of a queue's messages to a function.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
services-sqs-errorhandling.html. A batch that fails is left alone: its messages come back after
the queue's visibility time-out and go to its dead-letter queue by the queue's own redrive policy.
"""

import json
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workflow.local.clients import Clients
from workflow.local.credentials import RoleSession
from workflow.local.sources.invoking import invoke
from workflow.local.sources.patterns import matches

_RECEIVE_AT_MOST = 10
_DEFAULT_CONCURRENCY = 5
_POLL = 1
_PAUSE = 0.5


class QueueSource:
    """Polls one queue for one mapping, with as many threads as the mapping allows."""

    def __init__(self, mapping: dict[str, Any], clients: Clients, *, session: RoleSession) -> None:
        """Prepare the threads."""
        self._mapping = mapping
        self._sqs = clients.get("sqs", session)
        self._lambda = clients.get("lambda", patient=False)
        self._stopped = threading.Event()
        self._url = self._queue_url()
        limit = (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency")
        self._slots = threading.Semaphore(limit or _DEFAULT_CONCURRENCY)
        self._batches = 0
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="lakescrub-queue", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """Stop polling; batches under way are left to the visibility time-out."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def busy(self) -> bool:
        """Whether a batch is being processed."""
        return self._batches > 0

    def _queue_url(self) -> str:
        *_, account, name = self._mapping["EventSourceArn"].split(":")
        return f"{self._sqs.meta.endpoint_url}/{account}/{name}"

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._slots.acquire(timeout=_POLL):
                continue
            try:
                batch = self._receive()
            except (ClientError, BotoCoreError):
                batch = []
                self._stopped.wait(_PAUSE)
            if not batch or self._stopped.is_set():
                self._slots.release()
                continue
            self._count(1)
            threading.Thread(target=self._handle, args=(batch,), daemon=True).start()

    def _receive(self) -> list[dict[str, Any]]:
        """Collect a batch: until it is full, or the batching window has passed."""
        size = self._mapping["BatchSize"]
        window = self._mapping.get("MaximumBatchingWindowInSeconds") or 0
        batch = self._receive_some(min(size, _RECEIVE_AT_MOST), wait=_POLL)
        deadline = time.monotonic() + window
        while batch and len(batch) < size and not self._stopped.is_set():
            left = deadline - time.monotonic()
            more = self._receive_some(
                min(size - len(batch), _RECEIVE_AT_MOST), wait=min(_POLL, max(0, int(left)))
            )
            batch += more
            if left <= 0 and not more:
                break
        return batch

    def _receive_some(self, count: int, *, wait: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=count,
            WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _handle(self, batch: list[dict[str, Any]]) -> None:
        try:
            self._process(batch)
        except (ClientError, BotoCoreError):
            pass  # the messages come back by themselves
        finally:
            self._count(-1)
            self._slots.release()

    def _count(self, change: int) -> None:
        with self._counting:
            self._batches += change

    def _process(self, batch: list[dict[str, Any]]) -> None:
        records = {message["MessageId"]: self._record(message) for message in batch}
        wanted = {
            name for name, record in records.items() if matches(_for_filters(record), self._mapping)
        }
        done = [message for message in batch if message["MessageId"] not in wanted]
        if wanted:
            chosen = [records[name] for name in records if name in wanted]
            answer = invoke(self._lambda, self._mapping, {"Records": chosen})
            if not answer.error and answer.failed is not None:
                done += [
                    message for message in batch if message["MessageId"] in wanted - answer.failed
                ]
        self._delete(done)

    def _delete(self, messages: list[dict[str, Any]]) -> None:
        for start in range(0, len(messages), _RECEIVE_AT_MOST):
            self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages[start : start + _RECEIVE_AT_MOST])
                ],
            )

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        attributes = {
            name: {key[0].lower() + key[1:]: part for key, part in value.items()}
            for name, value in message.get("MessageAttributes", {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": attributes,
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping["EventSourceArn"],
            "awsRegion": self._mapping["EventSourceArn"].split(":")[3],
        }


def _for_filters(record: dict[str, Any]) -> dict[str, Any]:
    """A filter looks into a body that is JSON."""
    try:
        return {**record, "body": json.loads(record["body"])}
    except ValueError:
        return record
