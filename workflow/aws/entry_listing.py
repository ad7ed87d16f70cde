"""Many entries of the ledger at once, for an operator's lists."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from workflow.aws.faults import told
from workflow.aws.ledger import SHARDS, WAKING_INDEX, Ledger
from workflow.entry import Entry
from workflow.messages import ObjectPath
from workflow.transitions import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_FAR = datetime(9999, 1, 1, tzinfo=UTC)
Wanted = Callable[[Entry], bool]


class EntryListing:
    """Reads what no single step needs."""

    def __init__(self, table: "Table", ledger: Ledger) -> None:
        """Use the ledger's table, and the ledger to read whole entries."""
        self._table = table
        self._ledger = ledger

    def pending(
        self, *, before: datetime | None = None, wanted: Wanted = lambda _: True, limit: int
    ) -> list[Entry]:
        """Read pending entries, the one that is due first first."""
        shards = (self._due_keys(shard, before or _FAR) for shard in range(SHARDS))
        entries = (self._ledger.get(path, version) for _, path, version in heapq.merge(*shards))
        found = (entry for entry in entries if entry is not None)
        pending = (entry for entry in found if entry.status is Status.PENDING and wanted(entry))
        return list(islice(pending, limit))

    def all(self, *, status: Status | None, dataset: str | None, limit: int) -> list[Entry]:
        """Read entries in no order; this reads the whole table until there are enough."""
        condition: Any = Attr("entry_format").exists()  # stored policies have none
        if status is not None:
            condition &= Attr("status").eq(status.value)
        if dataset is not None:
            condition &= Attr("dataset").eq(dataset)
        items = self._pages(self._table.scan, FilterExpression=condition)
        keys = ((ObjectPath.parse(item["path"]), str(item["version"])) for item in items)
        entries = (self._ledger.get(path, version) for path, version in keys)
        return list(islice((entry for entry in entries if entry is not None), limit))

    def _due_keys(self, shard: int, before: datetime) -> Iterator[tuple[str, ObjectPath, str]]:
        items = self._pages(
            self._table.query,
            IndexName=WAKING_INDEX,
            KeyConditionExpression=Key("due_shard").eq(str(shard))
            & Key("wake_at").lte(before.isoformat()),
        )
        for item in items:
            yield item["wake_at"], ObjectPath.parse(item["path"]), item["version"]

    def _pages(self, call: Any, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            with told(f"{call.__name__} of the ledger"):
                answer = call(**arguments)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
