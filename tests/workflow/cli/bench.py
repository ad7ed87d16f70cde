"""A workbench with stores in memory: what the operator's commands work on in tests."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.fakes import FakeLedger, FakeRuns, FakeSchedule
from workflow.aws.run_history import RunDetails, RunState
from workflow.entry import Entry, Failure
from workflow.errors import NotFound
from workflow.messages import ObjectPath, RunInput, Timer, execution_name
from workflow.transitions import Status

UPLOADED = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
PATH = ObjectPath("lake", "dataset/a.json")
_ARN = "arn:aws:states:us-east-1:123456789012:execution:lakescrub:"


@dataclass
class FakeDeployment:
    lake_bucket: str = "lake"
    functions: dict = field(default_factory=lambda: {"scrub_object": "physical-name"})


@dataclass
class FakeHistory:
    runs: dict = field(default_factory=dict)
    redriven: list = field(default_factory=list)

    def details(self, name_or_arn):
        name = name_or_arn.rpartition(":")[2]
        if name not in self.runs:
            raise NotFound(f"there is no run {name_or_arn}")
        return self.runs[name]

    def recent(self, *, status, limit):
        runs = [run for run in self.runs.values() if status in (None, run.status)]
        return runs[:limit]

    def states(self, _arn):
        second = timedelta(seconds=1)
        return [
            RunState("InspectObject", UPLOADED, UPLOADED + second, 1),
            RunState("ScrubObject", UPLOADED + second, None, 3),
        ]

    def redrive(self, arn):
        self.redriven.append(arn)


class FakeTimers(FakeSchedule):
    def get(self, path, version):
        return self.timers.get((str(path), version))


class FakeEntries:
    def __init__(self, ledger):
        self._ledger = ledger

    def pending(self, *, before, wanted, limit):
        entries = sorted(self._ledger.entries.values(), key=lambda entry: entry.due_at)
        due = (entry for entry in entries if before is None or entry.due_at <= before)
        pending = [entry for entry in due if entry.status is Status.PENDING and wanted(entry)]
        return pending[:limit]

    def all(self, *, status, dataset, limit):
        entries = self._ledger.entries.values()
        return [
            entry
            for entry in entries
            if status in (None, entry.status) and dataset in (None, entry.dataset)
        ][:limit]


class FakeBench:
    def __init__(self):
        self.deployment = FakeDeployment()
        self.ledger = FakeLedger()
        self.schedule = FakeTimers()
        self.runs = FakeRuns()
        self.history = FakeHistory()
        self.entries = FakeEntries(self.ledger)

    def path(self, text):
        return ObjectPath.parse(text) if text.startswith("s3://") else ObjectPath("lake", text)

    def upload(self, version="v1", *, path=PATH, minutes=0, dataset="uploads") -> Entry:
        """Make a pending upload with its timer."""
        uploaded = UPLOADED + timedelta(minutes=minutes)
        entry = Entry(
            path=path,
            version=version,
            dataset=dataset,
            sequencer=f"{minutes:04X}",
            etag="e",
            size=1,
            uploaded_at=uploaded,
            due_at=uploaded + timedelta(minutes=5),
        )
        self.ledger.create(entry)
        self.schedule.set(Timer(path, version, dataset, entry.due_at), now=uploaded)
        return entry

    def run(self, entry, *, status="SUCCEEDED", error=None, became=Status.PROCESSED) -> str:
        """Let an upload's run be over; give the run's name."""
        work = RunInput(entry.path, entry.version, entry.attempt)
        name = execution_name(entry.dataset, work)
        self.history.runs[name] = RunDetails(
            arn=_ARN + name,
            name=name,
            status=status,
            input=work,
            started_at=UPLOADED,
            ended_at=None if status == "RUNNING" else UPLOADED + timedelta(seconds=2),
            redrives=0,
            failure=Failure(error, "why") if error else None,
        )
        key = str(entry.path), entry.version
        self.ledger.entries[key] = replace(
            entry, status=became, execution=_ARN + name, started_at=UPLOADED
        )
        return name
