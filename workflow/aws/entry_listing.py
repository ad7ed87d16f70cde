"""Many entries of the ledger at once, for an operator's lists."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from workflow.aws.faults import told
from workflow.aws.ledger import SHARDS, WAKING_INDEX, entry_from_item
from workflow.entry import Entry
from workflow.transitions import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_FAR = datetime(9999, 1, 1, tzinfo=UTC)
Wanted = Callable[[Entry], bool]


class EntryListing:
    """Reads what no single step needs; a list may be a moment older than the ledger."""

    def __init__(self, table: "Table") -> None:
        """Use the ledger's table."""
        self._table = table

    def pending(
        self, *, before: datetime | None = None, wanted: Wanted = lambda _: True, limit: int
    ) -> list[Entry]:
        """Read pending entries, the one that is due first first."""
        shards = (self._due(shard, before or _FAR) for shard in range(SHARDS))
        merged = heapq.merge(*shards, key=lambda entry: entry.due_at)
        # The index also holds what waits for a lock to end.
        pending = (entry for entry in merged if entry.status is Status.PENDING and wanted(entry))
        return list(islice(pending, limit))

    def all(self, *, status: Status | None, dataset: str | None, limit: int) -> list[Entry]:
        """Read entries in no order; this reads the whole table until there are enough."""
        condition: Any = Attr("entry_format").exists()  # stored policies have none
        if status is not None:
            condition &= Attr("status").eq(status.value)
        if dataset is not None:
            condition &= Attr("dataset").eq(dataset)
        return list(islice(self._pages(self._table.scan, FilterExpression=condition), limit))

    def _due(self, shard: int, before: datetime) -> Iterator[Entry]:
        return self._pages(
            self._table.query,
            IndexName=WAKING_INDEX,
            KeyConditionExpression=Key("due_shard").eq(str(shard))
            & Key("wake_at").lte(before.isoformat()),
        )

    def _pages(self, call: Any, **arguments: Any) -> Iterator[Entry]:
        while True:
            with told(f"{call.__name__} of the ledger"):
                answer = call(**arguments)
            yield from map(entry_from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
