"""Without the repair a removal by TTL says nothing of who removed the item."""

from typing import Any

from tests.local.contracts.conftest import Unshim
from tests.local.lab import Lab, wait_for


def test_is_still_needed(lab: Lab, unshim: Unshim) -> None:
    from ministack.services import dynamodb  # noqa: PLC0415 - loaded by the stack

    name, stream = lab.table()
    streams = lab.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]
    item = {"id": {"S": "x"}, "ttl": {"N": "99999999999"}}
    lab.client("dynamodb").put_item(TableName=name, Item=item)
    unshim(dynamodb, "_build_change_record")
    lab.client("dynamodb").update_item(
        TableName=name,
        Key={"id": {"S": "x"}},
        UpdateExpression="SET #t = :now",
        ExpressionAttributeNames={"#t": "ttl"},
        ExpressionAttributeValues={":now": {"N": lab.now()}},
    )

    def removed() -> list[dict[str, Any]]:
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        return [record for record in records if record["eventName"] == "REMOVE"]

    assert "userIdentity" not in wait_for(removed)[0]


def test_looks_through_a_table_that_grows_meanwhile(lab: Lab) -> None:
    from workflow.local.shims.dynamodb_ttl import _due_items  # noqa: PLC0415 - loaded by the stack

    class Restless(dict):  # type: ignore[type-arg]
        """An item during whose inspection others are put."""

        def get(self, name: str, default: object = None) -> Any:
            items["a"]["2"] = items["b"] = {}
            return super().get(name, default)

    items: dict[str, dict[str, Any]] = {"a": {"1": Restless(ttl={"N": "1"})}}

    assert [found[:2] for found in _due_items({"items": items}, "ttl", now=2.0)] == [("a", "1")]
