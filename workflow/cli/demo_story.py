"""The way of one object on a running stack, step by step, and whether all of it is true.

Each step does something that a user, a clock or an analyst would do, waits for what the system
makes of it, and gives what there is to see. The checks at the end look with plain clients, not
with the engine: what the demo claims must not rest on the code that it shows.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workflow.aws.athena import Athena
from workflow.entry import Entry
from workflow.errors import LakescrubError, UsageError
from workflow.messages import ObjectPath
from workflow.policy import Policies
from workflow.transitions import ENDINGS, Status

if TYPE_CHECKING:
    from workflow.aws.run_history import RunDetails, RunState
    from workflow.aws.workbench import Workbench

SQL = "SELECT * FROM dataset LIMIT 10"
_KEY = "dataset/mock_uploaded_data.json"
_FIELD = "file_contents"
_METADATA = {"uploaded-by": "the demo"}
_TAGS = {"team": "analytics"}
_CONTENT_TYPE = "application/x-ndjson"
_PATIENCE = 30.0
_PAUSE = 0.05
_Found = TypeVar("_Found")
Step = Callable[[str], AbstractContextManager[object]]


class DemoFailed(LakescrubError):
    """Something that the demo waited for did not happen."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the demo claims, and whether it is true."""

    what: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to see at the end."""

    path: ObjectPath
    before: str
    after: str
    tags: Mapping[str, str]
    entry: Entry
    run: "RunDetails"
    states: "list[RunState]"
    columns: list[str]
    rows: list[list[str | None]]
    checks: list[Check]


@dataclass(frozen=True)
class Demo:
    """Tells the story on a stack.

    Attributes:
        bench: The stack's stores and clients.
        sample: The file that is uploaded.
        advance: Moves the stack's clock by seconds.
        step: Announces a step; it is done at the end of its block.
    """

    bench: "Workbench"
    sample: Path
    advance: Callable[[float], object]
    step: Step

    def tell(self) -> Story:
        """Upload, wait, scrub, look.

        Raises:
            DemoFailed: Something did not happen in time.
            LakescrubError: The stack refused something.
        """
        with self.step(f"Upload {self.sample.name} as {_KEY}"):
            uploaded = self._upload()
        with self.step("The upload's notification schedules it: ledger entry, timer"):
            pending = self._wait("a ledger entry", self._pending)
        with self.step(f"The clock moves past {pending.due_at:%H:%M:%S}, when it is due"):
            self.advance((pending.due_at - pending.uploaded_at).total_seconds() + 5)
        with self.step("The timer expires, and its removal starts a run"):
            started = self._wait("a run", self._started)
        with self.step("The run scrubs the object in place, tags it, erases the old version"):
            entry = self._wait("the end of the run", self._ended)
            run = self._wait("the end of the execution", lambda: self._finished(started))
        with self.step(f"Athena answers {SQL}"):
            columns, rows = self._query()
        with self.step("Look for every scrubbed value, and compare every other byte"):
            checks = self._checks(uploaded, entry, rows)
        return Story(
            path=self.path,
            before=self._lines[0],
            after=self._current["Body"].decode().split("\n", 1)[0],
            tags=self._current_tags,
            entry=entry,
            run=run,
            states=self.bench.history.states(run.arn),
            columns=columns,
            rows=rows,
            checks=checks,
        )

    @staticmethod
    def check_policy(policies: Policies) -> None:
        """Refuse policies that do not do what the demo shows.

        Raises:
            UsageError: The dataset of the demo was changed or removed.
        """
        dataset = policies.match(_KEY)
        rules = {rule.field: rule.action for rule in dataset.rules} if dataset else {}
        if dataset is None or rules != {_FIELD: "blank"} or not dataset.erase_versions:
            raise UsageError(
                f"the demo needs datasets.yaml as it came: {_KEY} with erase_versions: true "
                f"and one rule, {_FIELD}: blank; run it in a fresh clone"
            )

    @property
    def path(self) -> ObjectPath:
        """Where the sample is uploaded."""
        return ObjectPath(self.bench.deployment.lake_bucket, _KEY)

    @cached_property
    def _lines(self) -> list[str]:
        return self.sample.read_text(encoding="utf-8").splitlines()

    @cached_property
    def _current(self) -> Any:
        answer = self._s3.get_object(Bucket=self.path.bucket, Key=self.path.key)
        return {**answer, "Body": answer["Body"].read()}

    @cached_property
    def _current_tags(self) -> dict[str, str]:
        answer = self._s3.get_object_tagging(Bucket=self.path.bucket, Key=self.path.key)
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    @cached_property
    def _s3(self) -> Any:
        return self.bench.client("s3")

    def _upload(self) -> Any:
        return self._s3.put_object(
            Bucket=self.path.bucket,
            Key=self.path.key,
            Body=self.sample.read_bytes(),
            ContentType=_CONTENT_TYPE,
            Metadata=_METADATA,
            Tagging="&".join(f"{key}={value}" for key, value in _TAGS.items()),
        )

    def _wait(self, what: str, look: Callable[[], _Found | None]) -> _Found:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(_PAUSE)
        raise DemoFailed(f"waited {_PATIENCE:.0f} s for {what}")

    def _entry(self) -> Entry | None:
        return next(iter(self.bench.ledger.uploads_of(self.path)), None)

    def _pending(self) -> Entry | None:
        entry = self._entry()
        timed = entry and self.bench.schedule.get(entry.path, entry.version)
        return entry if timed else None

    def _started(self) -> str | None:
        entry = self._entry()
        return entry.execution if entry else None

    def _ended(self) -> Entry | None:
        entry = self._entry()
        return entry if entry and entry.status in ENDINGS else None

    def _finished(self, arn: str) -> "RunDetails | None":
        details = self.bench.history.details(arn)
        return details if details.ended_at else None

    def _query(self) -> tuple[list[str], list[list[str | None]]]:
        deployment = self.bench.deployment
        self._wait("the table", lambda: self._table_names().count("dataset"))
        athena = Athena(
            self.bench.client("athena"),
            database=deployment.database,
            workgroup=deployment.workgroup,
        )
        result = athena.query(SQL)
        return [column.name for column in result.columns], list(result.rows)

    def _table_names(self) -> list[str]:
        tables = self.bench.client("glue").get_tables(DatabaseName=self.bench.deployment.database)
        return [table["Name"] for table in tables["TableList"]]

    def _checks(self, uploaded: Any, entry: Entry, rows: list[list[str | None]]) -> list[Check]:
        body = self._current["Body"]
        versions = self._versions()
        return [
            Check("the ledger says processed", entry.status is Status.PROCESSED),
            Check("every other byte of the object is unchanged", body == self._expected()),
            Check(
                "no scrubbed value is left in any version", not self._found_in(versions.values())
            ),
            Check("the uploaded version is erased", uploaded["VersionId"] not in versions),
            Check("its metadata is kept", self._current["Metadata"] == _METADATA),
            Check("its content type is kept", self._current["ContentType"] == _CONTENT_TYPE),
            Check("its tags are kept", _TAGS.items() <= self._current_tags.items()),
            Check("it is tagged as processed", self._is_tagged(entry)),
            Check("the query sees ten rows and no scrubbed value", self._is_clean(rows)),
        ]

    def _expected(self) -> bytes:
        """Give the sample with its field blanked, by cutting text: no engine, no parser."""
        blanked = (line[: line.index(f'"{_FIELD}"')] for line in self._lines)
        return "".join(f'{line}"{_FIELD}": ""}}\n' for line in blanked).encode()

    def _values(self) -> list[str]:
        # The unique part of each value; quotes and line ends around it may be escaped anywhere.
        return [json.loads(line)[_FIELD].split('"')[1] for line in self._lines]

    def _found_in(self, bodies: Any) -> bool:
        return any(value.encode() in body for body in bodies for value in self._values())

    def _versions(self) -> dict[str, bytes]:
        listed = self._s3.list_object_versions(Bucket=self.path.bucket, Prefix=self.path.key)
        place = {"Bucket": self.path.bucket, "Key": self.path.key}
        return {
            each["VersionId"]: self._s3.get_object(**place, VersionId=each["VersionId"])[
                "Body"
            ].read()
            for each in listed.get("Versions", [])
        }

    def _is_tagged(self, entry: Entry) -> bool:
        return self._current_tags.get("processed") == f"{entry.dataset}@{entry.policy_digest}"

    def _is_clean(self, rows: list[list[str | None]]) -> bool:
        text = json.dumps(rows)
        return len(rows) == 10 and not any(value in text for value in self._values())  # noqa: PLR2004
