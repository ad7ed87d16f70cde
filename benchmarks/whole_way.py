"""How long objects take from their upload to ``processed``, on the embedded stack.

Run with ``python -m benchmarks.whole_way``. It uploads objects of 100 kB, moves the clock past
their due time and waits for the last ledger entry to end; the delay of the policy itself is
virtual. Each size runs in a stack of its own, in a process of its own.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3

from workflow.aws.deployment import Deployment
from workflow.local.stack import EmbeddedStack
from workflow.transitions import ENDINGS

OBJECT_BYTES = 100_000
ROW_BYTES = 430
DUE_AFTER_SECONDS = 301
GIVE_UP_AFTER_SECONDS = 300
UPLOADERS = 4
SIZES = (50, 200, 400)


def body(number):
    """Give rows of about 430 bytes whose file_contents are to go, 100 kB of them."""
    rows = [
        json.dumps({"id": f"{number}-{index}", "name": "n" * 60, "file_contents": "s" * 320})
        for index in range(OBJECT_BYTES // ROW_BYTES)
    ]
    return ("\n".join(rows) + "\n").encode()


def entries(table):
    """Give the items of the ledger that are versions (policies are kept there too)."""
    pages = table.meta.client.get_paginator("scan").paginate(
        TableName=table.name, ConsistentRead=True
    )
    return [item for page in pages for item in page["Items"] if "status" in item]


def wait_for(count, table, wanted):
    deadline = time.monotonic() + GIVE_UP_AFTER_SECONDS
    while True:
        found = [item for item in entries(table) if item["status"] in wanted]
        if len(found) >= count:
            return found
        if time.monotonic() > deadline:
            raise SystemExit(f"gave up with {len(found)} of {count} objects")
        time.sleep(0.5)


def run(count):
    """Take objects all the way; give seconds for each part."""
    with EmbeddedStack.start() as stack:
        names = Deployment.from_outputs(stack.outputs)
        s3 = stack.client("s3")
        table = boto3.resource(
            "dynamodb",
            endpoint_url=stack.endpoint,
            region_name=stack.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        ).Table(names.ledger_table)

        def upload(number):
            key = f"dataset/{number:05}.jsonl"
            s3.put_object(Bucket=names.lake_bucket, Key=key, Body=body(number))

        began = time.monotonic()
        with ThreadPoolExecutor(UPLOADERS) as pool:
            list(pool.map(upload, range(count)))
        wait_for(count, table, {"pending"})
        scheduled = time.monotonic()
        stack.advance(DUE_AFTER_SECONDS)
        endings = wait_for(count, table, {*ENDINGS, "failed"})
        ended = time.monotonic()
        assert {item["status"] for item in endings} == {"processed"}
        for number in range(count):
            key = f"dataset/{number:05}.jsonl"
            stored = s3.get_object(Bucket=names.lake_bucket, Key=key)["Body"].read()
            assert stored == body(number).replace(b"s" * 320, b"")
        return {
            "objects": count,
            "scheduled_s": round(scheduled - began, 2),
            "processed_s": round(ended - scheduled, 2),
            "total_s": round(ended - began, 2),
            "ms_per_object": round((ended - began) / count * 1000, 1),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, help="one run of so many objects, as JSON")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.objects:
        print(json.dumps(run(arguments.objects)))
        return
    medians = {}
    for count in SIZES:
        command = [sys.executable, "-m", "benchmarks.whole_way", "--objects", str(count)]
        results = [
            json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            for _ in range(arguments.repeats)
        ]
        medians[count] = statistics.median(result["ms_per_object"] for result in results)
        total = statistics.median(result["total_s"] for result in results)
        print(f"{count:>4} objects: {total:6.1f} s, {medians[count]:6.1f} ms each")
    print(f"at 400 against at 50: {medians[400] / medians[50]:.2f}")


if __name__ == "__main__":
    main()
