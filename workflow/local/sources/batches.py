"""Bring one batch of stream records to its end: retries, bisection, partial failures, give up."""

import datetime as dt
import json
import threading
import time
import uuid
from typing import Any

from workflow.local.clients import Clients
from workflow.local.clock import CLOCK
from workflow.local.credentials import RoleSession
from workflow.local.sources.invoking import Answer, invoke

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0

Records = list[dict[str, Any]]


class BatchRunner:
    """Applies a mapping's failure settings."""

    def __init__(
        self,
        mapping: dict[str, Any],
        clients: Clients,
        *,
        session: RoleSession,
        stopped: threading.Event,
    ) -> None:
        """Take the settings from the mapping as the Lambda API shows it."""
        self._mapping = mapping
        self._lambda = clients.get("lambda", patient=False)
        self._clients = clients
        self._session = session
        self._stopped = stopped
        self._retries = mapping.get("MaximumRetryAttempts", -1)
        self._age = mapping.get("MaximumRecordAgeInSeconds", -1)
        self._bisect = bool(mapping.get("BisectBatchOnFunctionError"))

    def run(self, records: Records) -> None:
        """Process the batch and return when nothing of it is left to do."""
        attempts = pauses = 0
        while records := self._without_old(records, attempts):
            if self._stopped.is_set():
                return
            answer = invoke(self._lambda, self._mapping, {"Records": records})
            rest = _unfinished(records, answer)
            if len(rest) < len(records):
                records, attempts, pauses = rest, 0, 0
                continue
            attempts += 0 if answer.throttled else 1
            if self._may_bisect(records, answer):
                middle = len(records) // 2
                self.run(records[:middle])
                records, attempts = records[middle:], 0
                continue
            if 0 <= self._retries < attempts:
                self._give_up(records, "RetryAttemptsExhausted", attempts)
                return
            pauses += 1
            self._pause(pauses)

    def _may_bisect(self, records: Records, answer: Answer) -> bool:
        """Splitting does not count against the retries."""
        return self._bisect and len(records) > 1 and not answer.throttled

    def _pause(self, number: int) -> None:
        """Back off on the stack's clock, so that `advance` brings the next attempt forward."""
        seconds = min(_FIRST_PAUSE * 2 ** (number - 1), _LONGEST_PAUSE)
        CLOCK.sleep(seconds, unless=self._stopped.is_set)

    def _without_old(self, records: Records, attempts: int) -> Records:
        if self._age < 0:
            return records
        oldest = time.time() - self._age
        old = [r for r in records if r["dynamodb"]["ApproximateCreationDateTime"] < oldest]
        if old:
            self._give_up(old, "RecordAgeExceeded", attempts)
        return [record for record in records if record not in old]

    def _give_up(self, records: Records, condition: str, attempts: int) -> None:
        """Report where the lost records lie; the destination never gets the records themselves."""
        target = ((self._mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get(
            "Destination"
        )
        if target:
            report = self._report(records, condition, attempts)
            self._send(target, json.dumps(report))

    def _report(self, records: Records, condition: str, attempts: int) -> dict[str, Any]:
        moments = [record["dynamodb"]["ApproximateCreationDateTime"] for record in records]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        return {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self._mapping["FunctionArn"],
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": _moment(time.time()),
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000000000000000000-00000000",
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "approximateArrivalOfFirstRecord": _moment(moments[0]),
                "approximateArrivalOfLastRecord": _moment(moments[-1]),
                "batchSize": len(records),
                "streamArn": self._mapping["EventSourceArn"],
            },
        }

    def _send(self, target: str, text: str) -> None:
        _, _, service, _, account, name = target.split(":", 5)
        if service == "sqs":
            sqs = self._clients.get("sqs", self._session)
            url = f"{self._clients.endpoint}/{account}/{name}"
            sqs.send_message(QueueUrl=url, MessageBody=text)
        else:
            self._clients.get("sns", self._session).publish(TopicArn=target, Message=text)


def _unfinished(records: Records, answer: Answer) -> Records:
    """What is left of a batch: from the lowest failed sequence number on."""
    if answer.error or answer.failed is None:
        return records
    for number, record in enumerate(records):
        if record["dynamodb"]["SequenceNumber"] in answer.failed:
            return records[number:]
    return []


def _moment(seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
