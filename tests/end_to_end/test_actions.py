"""Actions that need more than the bytes: a key, or a format of its own."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tests.end_to_end.world import canary, row
from workflow.transitions import Status


def secrets_of(world, key):
    return [json.loads(line)["secret"] for line in world.body(key).splitlines()]


def test_hashes_the_same_value_the_same_and_only_once(world):
    key, secret = world.key(dataset="hashed"), canary()
    body = row(secret, card="4111111111111111") + row(secret) + row("another")
    version = world.upload(key, body)

    entry = world.run(key, version)
    assert entry.status is Status.PROCESSED, entry.failure
    first, second, third = secrets_of(world, key)

    assert first == second != third
    assert secret not in first
    assert json.loads(world.body(key).splitlines()[0])["card"] == "************1111"

    # What was hashed is recognised when it is uploaded again, and left alone.
    again = world.upload(key, world.body(key))
    entry = world.run(key, again)

    assert entry.status is Status.UNCHANGED
    assert secrets_of(world, key) == [first, second, third]


def test_scrubs_a_column_of_a_parquet_file(world):
    key = world.key("a.parquet", dataset="broken")
    table = pa.table({"id": [1, 2, 3], "secret": [canary(), None, canary()], "n": [1.5, 2.5, None]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    version = world.upload(key, buffer.getvalue())

    entry = world.run(key, version)

    scrubbed = pq.read_table(io.BytesIO(world.body(key)))
    assert entry.status is Status.PROCESSED
    assert scrubbed.column("secret").to_pylist() == ["", None, ""]
    assert scrubbed.drop_columns("secret").equals(table.drop_columns("secret"))
    assert b"canary-" not in b"".join(world.versions(key).values())


def test_refuses_a_parquet_file_of_a_table_and_leaves_it(world):
    key = world.key("t/day=1/a.parquet", dataset="broken")
    log = world.key("t/_delta_log/00000000000000000000.json", dataset="broken")
    table = pa.table({"id": [1], "secret": [canary()]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    world.s3.put_object(Bucket=world.lake, Key=log, Body=b'{"metaData": {}}\n')
    version = world.upload(key, buffer.getvalue())

    entry = world.run(key, version)

    assert entry.status is Status.REJECTED
    assert entry.failure.name == "TableManaged"
    assert "Delta" in entry.failure.reason
    assert world.versions(key) == {version: buffer.getvalue()}


def test_scrubs_a_column_of_a_csv_file(world):
    key, secret = world.key("a.csv", dataset="broken"), canary()
    body = f'id,secret,note\r\n1,{secret},"a ""b"", c"\r\n2,"{secret}",\r\n'.encode()
    version = world.upload(key, body)

    entry = world.run(key, version)

    assert entry.status is Status.PROCESSED, entry.failure
    assert world.body(key) == b'id,secret,note\r\n1,,"a ""b"", c"\r\n2,,\r\n'
