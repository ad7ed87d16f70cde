"""The ledger: the DynamoDB table with one durable entry for each version; it is the truth."""

import json
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.entry import Entry
from workflow.messages import ObjectPath
from workflow.transitions import OPERATOR_ARROWS, Status

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table

WAKING_INDEX = "due"
SHARDS = 16
_CONDITION_FAILED = "ConditionalCheckFailedException"
# As transitions.py has it: behind nothing, or the same thing said again by the same run.
_SAID_AGAIN = "#position = :position AND #execution = :now_execution AND #status = :status"
_OURS = f"(#position < :position OR ({_SAID_AGAIN}))"
_STANDING = ("status", "position", "attempt", "redrive", "execution")
_NOT_PARKED = "NOT #status IN (:held, :cancelled)"


class Ledger:
    """Entries by path and version."""

    def __init__(self, table: "Table") -> None:
        """Use a table."""
        self._table = table
        self._kept: set[str] = set()

    def create(self, entry: Entry) -> bool:
        """Write an entry for a version that has none; False where it has one already."""
        return self._write(
            "PutItem",
            entry.path,
            lambda: self._table.put_item(
                Item=_item(entry),
                ConditionExpression="attribute_not_exists(#path)",
                ExpressionAttributeNames={"#path": "path"},
            ),
        )

    def get(self, path: ObjectPath, version: str) -> Entry | None:
        """Read the entry of a version."""
        with told(f"GetItem of the ledger for {path}"):
            answer = self._table.get_item(
                Key={"path": str(path), "version": version}, ConsistentRead=True
            )
        return entry_from_item(answer["Item"]) if "Item" in answer else None

    def uploads_of(self, path: ObjectPath) -> list[Entry]:
        """Read the entries of all versions of a key."""
        return list(self._pages(path))

    def _pages(self, path: ObjectPath) -> Iterator[Entry]:
        more: dict[str, Any] = {}
        while True:
            with told(f"Query of the ledger for {path}"):
                answer = self._table.query(
                    KeyConditionExpression=Key("path").eq(str(path)), ConsistentRead=True, **more
                )
            yield from map(entry_from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def advance(self, before: Entry, after: Entry) -> bool:
        """Write what a run has made of an entry, unless the ledger is further already.

        Only the attributes that differ are written, so a late write by a function that was given
        up cannot bring back what it once read.

        Args:
            before: The entry as it was read.
            after: The entry as it shall be; its attempt, redrive count and status are its position.

        Returns:
            False where the entry stands further, is parked by an operator, or belongs to another
            run of the same turn: then nothing was written.
        """
        return self._update(
            before,
            after,
            condition=f"attribute_exists(#path) AND {_OURS} AND {_NOT_PARKED}",
            names={"#path": "path", "#execution": "execution"},
            values={
                ":now_execution": after.execution,
                ":held": Status.HELD.value,
                ":cancelled": Status.CANCELLED.value,
            },
        )

    def park(self, before: Entry, after: Entry) -> bool:
        """Write an operator's status (held, cancelled, pending again) where the table allows it."""
        sources = sorted(source.value for source in OPERATOR_ARROWS[after.status])
        values = {f":from{number}": source for number, source in enumerate(sources)}
        return self._update(
            before,
            after,
            condition=f"attribute_exists(#path) AND #status IN ({', '.join(values)})",
            names={"#path": "path"},
            values=values,
        )

    def _update(
        self,
        before: Entry,
        after: Entry,
        *,
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> bool:
        old, new = _item(before), _item(after)
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        removed = sorted(old.keys() - new.keys())
        # Where the entry stands is always written: what was read of it may be old by now.
        changed |= {name: new[name] for name in _STANDING if name in new}
        sets = ", ".join(f"#{name} = :{name}" for name in sorted(changed))
        removes = f" REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else ""
        return self._write(
            "UpdateItem",
            after.path,
            lambda: self._table.update_item(
                Key={"path": str(after.path), "version": after.version},
                UpdateExpression=f"SET {sets}{removes}",
                ConditionExpression=condition,
                ExpressionAttributeNames={
                    **{f"#{name}": name for name in (*changed, *removed)},
                    **names,
                },
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in changed.items()},
                    **values,
                },
            ),
        )

    def keep_policy(self, digest: str, canonical: str) -> None:
        """Keep a policy under its digest, so that an auditor can read what was applied.

        Once for the life of the process: thousands of runs at a time would all write to one key.
        """
        if digest in self._kept:
            return
        self._write(
            "PutItem",
            f"policy {digest}",
            lambda: self._table.put_item(
                Item={"path": f"policy#{digest}", "version": "policy", "policy": canonical},
                ConditionExpression="attribute_not_exists(#path)",
                ExpressionAttributeNames={"#path": "path"},
            ),
        )
        self._kept.add(digest)

    def policy(self, digest: str) -> str | None:
        """Read a policy that was in force once."""
        with told(f"GetItem of the ledger for policy {digest}"):
            answer = self._table.get_item(Key={"path": f"policy#{digest}", "version": "policy"})
        return str(answer["Item"]["policy"]) if "Item" in answer else None

    def waking(self, shard: int, *, before: "datetime") -> Iterator[Entry]:
        """Read the entries of one shard whose time came before a time, oldest first.

        They are pending, or wait for a lock to end before their version can be erased. They come
        from the index, which holds whole entries and lags behind the table: the table decides.
        """
        more: dict[str, Any] = {}
        while True:
            with told(f"Query of the ledger's index {WAKING_INDEX}"):
                answer = self._table.query(
                    IndexName=WAKING_INDEX,
                    KeyConditionExpression=Key("due_shard").eq(str(shard))
                    & Key("wake_at").lte(before.isoformat()),
                    **more,
                )
            yield from map(entry_from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def note_starter(self, path: ObjectPath, version: str, starter: str) -> None:
        """Note who started the first run of a version; a later starter changes nothing."""
        with told(f"UpdateItem of the ledger for {path}"):
            self._table.update_item(
                Key={"path": str(path), "version": version},
                UpdateExpression="SET started_by = if_not_exists(started_by, :starter)",
                ConditionExpression="attribute_exists(#path)",
                ExpressionAttributeNames={"#path": "path"},
                ExpressionAttributeValues={":starter": starter},
            )

    def _write(self, operation: str, subject: object, call: Any) -> bool:
        with told(f"{operation} of the ledger for {subject}"):
            try:
                call()
            except ClientError as error:
                if error_code(error) != _CONDITION_FAILED:
                    raise
                return False
        return True


def _wakes_at(entry: Entry) -> "datetime | None":
    if entry.status is Status.PENDING:
        return entry.due_at
    return entry.erase_blocked_until


def _item(entry: Entry) -> dict[str, Any]:
    item = entry.to_dict()
    if (wakes_at := _wakes_at(entry)) is not None:
        # Only what waits for its time carries the index's keys, so the index holds nothing else.
        shard = zlib.crc32(f"{entry.path}\n{entry.version}".encode()) % SHARDS
        item |= {"due_shard": str(shard), "wake_at": wakes_at.isoformat()}
    return item


def entry_from_item(item: Mapping[str, Any]) -> Entry:
    """Read an item of the table, or of its index, which holds whole entries."""
    return Entry.from_dict(json.loads(json.dumps(item, default=_number)))


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value).__name__)
