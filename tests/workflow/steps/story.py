"""The steps of a run in the state machine's order, on stores in memory.

It routes as state_machine.asl.json does (the end-to-end tests run that file itself), so that a
test of the steps can tell a story: upload, fall due, run, look.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.fakes import FakeCatalog, FakeKeys, FakeLake, FakeLedger, FakeRuns, FakeSchedule
from workflow.entry import Entry
from workflow.errors import ObjectChanged, ObjectMissing
from workflow.execution import Execution
from workflow.messages import ObjectPath, RunInput, Upload
from workflow.policy import load_policies
from workflow.steps import erase_version, inspect_object, schedule_objects, scrub_object

START = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
PATH = ObjectPath("lake", "dataset/a.jsonl")
POLICY = """
version: 1
datasets:
  uploads:
    prefix: dataset/
    after: 5m
    erase_versions: true
    scrub:
      - field: secret
        action: blank
"""


def row(secret, **others):
    return (json.dumps({"id": 1, "secret": secret, **others}) + "\n").encode()


@dataclass
class Story:
    versioned: bool = True
    policy: str = POLICY
    lake: FakeLake = field(default_factory=FakeLake)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    schedule: FakeSchedule = field(default_factory=FakeSchedule)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    keys: FakeKeys = field(default_factory=FakeKeys)
    runs: FakeRuns = field(default_factory=FakeRuns)
    uploads: int = 0
    now: datetime = START

    def __post_init__(self):
        self.lake.versioned = self.versioned
        self.policies = load_policies(self.policy, source="datasets.yaml")

    def use_policy(self, text):
        self.policies = load_policies(text, source="datasets.yaml")

    def upload(self, body, *, path=PATH, **changes):
        """Put an object and deliver its notification; give the version's identity."""
        version = self.lake.put(path, body, **changes)
        return self.notify(version, path=path)

    def notify(self, version, *, path=PATH):
        """Deliver the notification of a version."""
        upload = self.announce(version, path=path)
        self.deliver(upload)
        return upload

    def announce(self, version, *, path=PATH):
        """Give what the notification of a version tells."""
        self.uploads += 1
        self.now += timedelta(seconds=1)
        return Upload(
            path=path,
            version=version.version_id or f"null.{self.uploads:04X}",
            sequencer=f"{self.uploads:04X}",
            etag=version.stored.etag,
            size=version.stored.size,
            uploaded_at=self.now,
        )

    def deliver(self, upload):
        return schedule_objects.run(
            upload,
            lake=self.lake,
            ledger=self.ledger,
            schedule=self.schedule,
            catalog=self.catalog,
            policies=self.policies,
            now=self.now,
        )

    def entry(self, upload) -> Entry:
        return self.ledger.entries[str(upload.path), upload.version]

    def execution(self, upload, *, attempt=1, redrive=0, arn=None):
        run = RunInput(upload.path, upload.version, attempt)
        return Execution(arn or f"arn:{upload.version}:{attempt}", run, redrive)

    def inspect(self, execution, previous=None, *, versions_needed=False):
        return inspect_object.run(
            inspect_object.Request(execution, previous),
            lake=self.lake,
            ledger=self.ledger,
            policies=self.policies,
            now=self.now,
            versions_needed=versions_needed,
        )

    def scrub(self, execution, inspection, *, versions_needed=False):
        return scrub_object.run(
            scrub_object.Request(execution, inspection),
            lake=self.lake,
            ledger=self.ledger,
            policies=self.policies,
            keys=lambda: self.keys,
            versions_needed=versions_needed,
        )

    def erase(self, execution, inspection, ending):
        return erase_version.run(
            erase_version.Request(execution, inspection, ending),
            lake=self.lake,
            ledger=self.ledger,
            policies=self.policies,
            now=self.now,
        )

    def run(self, upload, **which) -> str:
        """Run a version to its end; give the name of the end."""
        execution = self.execution(upload, **which)
        self.now += timedelta(minutes=5)
        inspection = None
        while True:
            inspection = self.inspect(execution, inspection)
            if inspection.decision is inspect_object.Decision.HELD:
                return "held"
            try:
                return self.work(execution, inspection)
            except (ObjectChanged, ObjectMissing):
                continue

    def work(self, execution, inspection) -> str:
        ending = inspection.decision.value
        if inspection.decision is inspect_object.Decision.SCRUB:
            ending = self.scrub(execution, inspection).ending.value
        request = {
            "execution": {
                "Id": execution.arn,
                "Input": json.loads(execution.run.to_json()),
                "RedriveCount": execution.redrive,
            },
            "state": {"inspection": inspection.to_event(), "scrubbed": {"ending": ending}},
        }
        ending = erase_version.Request.from_event(request).ending
        return self.erase(execution, inspection, ending).ending.value

    def body(self, path=PATH):
        current = self.lake.current(path)
        return current.body if current else None

    def bodies(self, path=PATH):
        """Give the bytes of all versions that are left."""
        return [version.body for version in self.lake.keys.get(path.key, []) if version.body]
