from dataclasses import replace
from datetime import UTC, datetime, timedelta

from workflow.aws.entry_listing import EntryListing
from workflow.aws.ledger import SHARDS
from workflow.entry import Entry
from workflow.messages import ObjectPath
from workflow.transitions import Status

_START = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


def entry(minutes, **changes):
    due = _START + timedelta(minutes=minutes)
    fresh = Entry(
        path=ObjectPath("lake", f"dataset/{minutes}.json"),
        version="v1",
        dataset="uploads",
        sequencer="00",
        etag="e",
        size=1,
        uploaded_at=_START,
        due_at=due,
    )
    return replace(fresh, **changes)


class FakeTable:
    """Spreads entries over the shards of the index, and answers one item a page."""

    def __init__(self, *entries):
        self.entries = entries
        self.pages = 0

    def query(self, *, ExclusiveStartKey=0, **_):  # noqa: N803 -- AWS's name
        if not ExclusiveStartKey:
            self.shard = getattr(self, "shard", -1) + 1
            self.reading = self.entries[self.shard :: SHARDS]
        return self._page(self.entries[self.shard :: SHARDS], ExclusiveStartKey)

    def scan(self, *, ExclusiveStartKey=0, **_):  # noqa: N803 -- AWS's name
        return self._page(self.entries, ExclusiveStartKey)

    def _page(self, entries, start):
        self.pages += 1
        more = {"LastEvaluatedKey": start + 1} if start + 1 < len(entries) else {}
        return {"Items": [each.to_dict() for each in entries[start : start + 1]], **more}


def minutes_of(entries):
    return [int((each.due_at - _START).total_seconds() / 60) for each in entries]


def test_merges_the_shards_in_the_order_of_due_times():
    table = FakeTable(*(entry(minutes) for minutes in (9, 3, 7, 1)))

    assert minutes_of(EntryListing(table).pending(limit=9)) == [1, 3, 7, 9]


def test_leaves_out_what_waits_for_a_lock():
    locked = entry(1, status=Status.PROCESSED, erase_blocked_until=_START)

    assert minutes_of(EntryListing(FakeTable(locked, entry(2))).pending(limit=9)) == [2]


def test_ends_where_there_are_enough():
    table = FakeTable(*(entry(minutes) for minutes in range(40)))

    assert len(EntryListing(table).all(status=None, dataset=None, limit=3)) == 3
    assert table.pages == 3


def test_reads_all_pages():
    table = FakeTable(*(entry(minutes) for minutes in range(40)))

    assert len(EntryListing(table).all(status=None, dataset=None, limit=99)) == 40
