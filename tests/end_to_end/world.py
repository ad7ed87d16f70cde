"""What a test of the whole system says: upload, wait, let time pass, look."""

import itertools
import json
import time
import uuid
from contextlib import ExitStack

import boto3
from botocore.exceptions import ClientError

from workflow.aws.deployment import Deployment
from workflow.aws.ledger import Ledger
from workflow.entry import Entry
from workflow.messages import ObjectPath
from workflow.transitions import ENDINGS, Status

PATIENCE = 60
DELAY = 301
_NUMBERS = itertools.count(1)


def row(secret, **others):
    return (json.dumps({"id": 1, "secret": secret, **others}) + "\n").encode()


def columns_of(table):
    return {column["Name"] for column in table["StorageDescriptor"]["Columns"]}


def canary():
    """Give a value that stands nowhere else."""
    return f"canary-{uuid.uuid4().hex}"


def eventually(look, *, what, seconds=PATIENCE):
    """Look until there is something to see."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen in {seconds} s")
        time.sleep(0.05)


class World:
    """One test's view of the stack: its own keys, and rules that end with it."""

    def __init__(self, stack):
        self.stack = stack
        self.names = Deployment.from_outputs(stack.outputs)
        self.s3 = stack.client("s3")
        self.states = stack.client("stepfunctions")
        self.lake = self.names.lake_bucket
        self._places = set()
        self._rules = ExitStack()
        self._folder = f"test-{next(_NUMBERS)}-{uuid.uuid4().hex[:6]}"
        resource = boto3.resource(
            "dynamodb",
            endpoint_url=stack.endpoint,
            region_name=stack.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.ledger = Ledger(resource.Table(self.names.ledger_table))
        self.schedule_table = resource.Table(self.names.schedule_table)

    def close(self):
        """End the rules, and leave no object that another test's query of the table would read."""
        self._rules.close()
        for place in self._places:
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.lake, Prefix=place
            )
            for each in [each for page in pages for each in page.get("Contents", [])]:
                self.s3.delete_object(Bucket=self.lake, Key=each["Key"])

    def key(self, name="a.jsonl", *, dataset="dataset"):
        place = f"{dataset}/{self._folder}/"
        self._places.add(place)
        return f"{place}{name}"

    def path(self, key):
        return ObjectPath(self.lake, key)

    def intercept(self, **rule):
        return self._rules.enter_context(self.stack.intercept(**rule))

    def upload(self, key, body, **parameters):
        """Put an object; give the version's id once its timer is set."""
        answer = self.s3.put_object(Bucket=self.lake, Key=key, Body=body, **parameters)
        return self.scheduled(key, answer["VersionId"])

    def scheduled(self, key, version):
        eventually(lambda: self.timer(key, version), what=f"scheduling {key} {version}")
        return version

    def timer(self, key, version):
        item = {"path": str(self.path(key)), "version": version}
        return self.schedule_table.get_item(Key=item, ConsistentRead=True).get("Item")

    def entry(self, key, version) -> Entry | None:
        return self.ledger.get(self.path(key), version)

    def entries(self, key):
        return self.ledger.uploads_of(self.path(key))

    def fall_due(self):
        """Let the time of every upload so far come."""
        self.stack.advance(DELAY)

    def wait(self, key, version, *statuses):
        """Wait until a version has a status (any ending, or failed, where none is named)."""
        wanted = set(statuses) or {*ENDINGS, Status.FAILED}

        def look():
            entry = self.entry(key, version)
            return entry if entry and entry.status in wanted else None

        return eventually(look, what=f"{key} {version} reaching {sorted(wanted)}")

    def taken_up(self, key, version):
        """Wait until a run has claimed a version, whatever it has made of it since."""

        def look():
            entry = self.entry(key, version)
            return entry if entry and entry.execution else None

        return eventually(look, what=f"a run taking up {key} {version}")

    def ended(self, key, version):
        """Wait for a version's ending and its execution's; give the entry."""
        entry = self.wait(key, version)
        self.execution_ended(entry.execution)
        return entry

    def execution_ended(self, arn, *, impatient=False):
        """Wait for an execution's end; the impatient one moves the clock past each retry's wait."""

        def look():
            if impatient:
                self.stack.advance(60)
            execution = self.states.describe_execution(executionArn=arn)
            return execution if execution["status"] != "RUNNING" else None

        return eventually(look, what=f"the end of {arn}")

    def run(self, key, version):
        """Let a version fall due and end."""
        self.fall_due()
        return self.ended(key, version)

    def executions(self, key):
        """Give the executions that worked on a key."""
        pages = self.states.get_paginator("list_executions").paginate(
            stateMachineArn=self.names.state_machine_arn
        )
        arns = [each["executionArn"] for page in pages for each in page["executions"]]
        described = [self.states.describe_execution(executionArn=arn) for arn in arns]
        path = str(self.path(key))
        return [each for each in described if json.loads(each["input"]).get("path") == path]

    def body(self, key):
        return self.s3.get_object(Bucket=self.lake, Key=key)["Body"].read()

    def versions(self, key):
        """Give {version id: bytes} of all versions that are left.

        One that another run erases between the list and the read is not left.
        """
        listed = self.s3.list_object_versions(Bucket=self.lake, Prefix=key).get("Versions", [])
        found = {}
        for each in listed:
            if each["Key"] == key:
                body = self._read(key, each["VersionId"])
                found |= {} if body is None else {each["VersionId"]: body}
        return found

    def _read(self, key, version):
        try:
            answer = self.s3.get_object(Bucket=self.lake, Key=key, VersionId=version)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchVersion":
                raise
            return None
        return answer["Body"].read()

    def tags(self, key):
        answer = self.s3.get_object_tagging(Bucket=self.lake, Key=key)
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def writes(self, key):
        """Count the writes of a key that functions asked for, answered or not."""
        return [
            call
            for call in self.stack.calls
            if call.caller
            and call.operation in ("PutObject", "CompleteMultipartUpload")
            and call.params.get("Key") == key
        ]

    def table(self, name="dataset", columns=("id", "secret")):
        """Wait for a table, as an analyst would who starts the crawler where it is missing.

        Other tests may have had it made before there was an object with all the columns.
        """
        glue, database = self.stack.client("glue"), self.names.database

        def look():
            known = glue.get_tables(DatabaseName=database)["TableList"]
            if any(table["Name"] == name and columns_of(table) >= {*columns} for table in known):
                return name
            if glue.get_crawler(Name=self.names.crawler)["Crawler"]["State"] == "READY":
                glue.start_crawler(Name=self.names.crawler)
            return None

        return eventually(look, what=f"the crawl that finds {name}")

    def states_of(self, arn):
        """Give the names of the states that an execution entered, in order."""
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]
