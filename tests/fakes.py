"""Stores in memory, with the semantics that the steps rely on; each call can be made to break.

``FakeLake`` keeps versions as S3 does and honours If-Match; ``FakeLedger`` moves entries only
along the status table. Both call ``hook(operation)`` before and ``after(operation)`` after a call,
where a test interferes or raises.
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workflow.entry import Checksum, Entry, Intent
from workflow.errors import ObjectChanged, ObjectMissing
from workflow.messages import ObjectPath, RunInput, Timer, execution_name
from workflow.scrub import SecretKey
from workflow.scrub.parquet.managed import Look
from workflow.stored_object import StoredObject, Written
from workflow.stores import LastCrawl, Table
from workflow.transitions import OPERATOR_ARROWS, PARKED, Status, may_follow


def nothing(_operation: str) -> None:
    """Do not interfere."""


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass
class Version:
    version_id: str | None
    body: bytes
    tags: dict[str, str]
    stored: StoredObject


@dataclass
class FakeLake:
    """One bucket."""

    versioned: bool = True
    hook: Callable[[str], None] = nothing
    after: Callable[[str], None] = nothing
    keys: dict[str, list[Version]] = field(default_factory=dict)
    writes: int = 0
    page: int = 1000
    erased: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def put(self, path: ObjectPath, body: bytes, **changes: Any) -> Version:
        """Upload as somebody else would."""
        tags = changes.pop("tags", {})
        version_id = f"v{next(self._numbers)}" if self.versioned else None
        stored = StoredObject(
            version_id=version_id,
            etag=hashlib.md5(body).hexdigest(),
            size=len(body),
            checksum=Checksum("SHA256", sha256(body)),
            **changes,
        )
        version = Version(version_id, body, dict(tags), stored)
        versions = self.keys.setdefault(path.key, [])
        if not self.versioned:
            versions.clear()
        versions.append(version)
        return version

    def delete(self, path: ObjectPath) -> None:
        """Delete as somebody else would: a marker where versions are kept."""
        if not self.versioned:
            self.keys.pop(path.key, None)
            return
        self.put(path, b"")
        self.keys[path.key][-1].body = None  # type: ignore[assignment] # the marker

    def current(self, path: ObjectPath) -> Version | None:
        versions = self.keys.get(path.key) or [None]
        top = versions[-1]
        return None if top is None or top.body is None else top

    def _find(self, path: ObjectPath, version_id: str | None) -> Version | None:
        if version_id is None:
            return self.current(path)
        versions = self.keys.get(path.key, [])
        found = [version for version in versions if version.version_id == version_id]
        return found[0] if found and found[0].body is not None else None

    def _called(self, operation: str) -> None:
        self.hook(operation)

    def head(self, path: ObjectPath, version_id: str | None = None) -> StoredObject | None:
        self._called("head")
        found = self._find(path, version_id)
        return found.stored if found else None

    def keeps_versions(self, path: ObjectPath) -> bool:
        self._called("keeps_versions")
        return self.versioned

    def tags(self, path: ObjectPath, version_id: str | None) -> dict[str, str]:
        self._called("tags")
        found = self._find(path, version_id)
        if found is None:
            raise ObjectMissing(str(path))
        return dict(found.tags)

    def tag(self, path: ObjectPath, version_id: str | None, tags: Mapping[str, str]) -> None:
        self._called("tag")
        found = self._find(path, version_id)
        if found is None:
            raise ObjectMissing(str(path))
        found.tags = dict(tags)

    def open(self, path: ObjectPath, stored: StoredObject) -> io.BytesIO:
        self._called("open")
        found = self._find(path, stored.version_id)
        if found is None:
            raise ObjectMissing(str(path))
        if found.stored.etag != stored.etag:
            raise ObjectChanged(str(path))
        return io.BytesIO(found.body)

    def look_into(self, bucket: str, folder: str) -> Look:
        self._called("look_into")
        below = [key.removeprefix(folder) for key in self.keys if key.startswith(folder)]
        names = {folder + "".join(each.partition("/")[:2]) for each in below}
        return Look(set(sorted(names)[: self.page]), whole=len(names) <= self.page)

    def writer(
        self, path: ObjectPath, *, instead_of: StoredObject, tags: Mapping[str, str]
    ) -> "FakeRewrite":
        return FakeRewrite(self, path, instead_of=instead_of, tags=tags)

    def holds(self, path: ObjectPath, stored: StoredObject, intent: Intent) -> bool:
        self._called("holds")
        return (stored.size, stored.checksum) == (intent.size, intent.checksum)

    def erase(self, path: ObjectPath, version_id: str) -> None:
        self._called("erase")
        versions = self.keys.get(path.key, [])
        self.keys[path.key] = [each for each in versions if each.version_id != version_id]
        self.erased.append(version_id)
        self.after("erase")


class FakeRewrite:
    def __init__(
        self,
        lake: FakeLake,
        path: ObjectPath,
        *,
        instead_of: StoredObject,
        tags: Mapping[str, str],
    ) -> None:
        self._lake, self._path, self._old, self._tags = lake, path, instead_of, tags
        self._body = bytearray()
        self.dropped = False

    @property
    def size(self) -> int:
        return len(self._body)

    @property
    def sha256(self) -> str:
        return sha256(self._body)

    def write(self, data: bytes, /) -> int:
        self._body += data
        return len(data)

    def seal(self) -> Checksum:
        return Checksum("SHA256", self.sha256)

    def commit(self, *, if_match: str) -> Written:
        self._lake._called("commit")
        current = self._lake.current(self._path)
        if current is None:
            raise ObjectMissing(str(self._path))
        if current.stored.etag != if_match:
            raise ObjectChanged(str(self._path))
        version = self._lake.put(
            self._path, bytes(self._body), carried=self._old.carried, tags=dict(self._tags)
        )
        self._lake.writes += 1
        self._lake.after("commit")
        return Written(version.version_id, version.stored.etag)

    def drop(self) -> None:
        self.dropped = True


@dataclass
class FakeLedger:
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    hook: Callable[[str], None] = nothing
    after: Callable[[str], None] = nothing

    def create(self, entry: Entry) -> bool:
        self.hook("create")
        known = (str(entry.path), entry.version) in self.entries
        if not known:
            self.entries[str(entry.path), entry.version] = entry
        return not known

    def get(self, path: ObjectPath, version: str) -> Entry | None:
        self.hook("get")
        return self.entries.get((str(path), version))

    def uploads_of(self, path: ObjectPath) -> list[Entry]:
        self.hook("uploads_of")
        return [entry for (known, _), entry in self.entries.items() if known == str(path)]

    def advance(self, before: Entry, after: Entry) -> bool:
        self.hook("advance")
        current = self.entries[str(after.path), after.version]
        same_run = current.execution == after.execution and current.position == after.position
        if current.status in PARKED or not (current.position < after.position or same_run):
            return False
        assert may_follow(
            current.status,
            after.status,
            current_turn=(current.attempt, current.redrive),
            new_turn=(after.attempt, after.redrive),
        ), f"{current.status} -> {after.status}"
        self.entries[str(after.path), after.version] = _merged(current, before, after)
        self.after("advance")
        return True

    def park(self, before: Entry, after: Entry) -> bool:
        current = self.entries[str(after.path), after.version]
        if current.status not in OPERATOR_ARROWS[after.status]:
            return False
        self.entries[str(after.path), after.version] = _merged(current, before, after)
        return True

    def waking(self, shard: int, *, before: Any) -> list[Entry]:
        self.hook("waking")
        waits = [
            (entry.due_at if entry.status is Status.PENDING else entry.erase_blocked_until, entry)
            for entry in self.entries.values()
        ]
        return [entry for time, entry in waits if shard == 0 and time and time <= before]

    def note_starter(self, path: ObjectPath, version: str, starter: str) -> None:
        key = (str(path), version)
        if self.entries[key].started_by is None:
            self.entries[key] = replace(self.entries[key], started_by=starter)

    def keep_policy(self, digest: str, canonical: str) -> None:
        self.hook("keep_policy")
        self.policies.setdefault(digest, canonical)


def _merged(current: Entry, before: Entry, after: Entry) -> Entry:
    """Give the current entry with only what differs between two others changed, as UpdateItem."""
    always = ("status", "attempt", "redrive", "execution")
    names = [name for name in Entry.__slots__ if getattr(before, name) != getattr(after, name)]
    return replace(current, **{name: getattr(after, name) for name in (*names, *always)})


@dataclass
class FakeSchedule:
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    hook: Callable[[str], None] = nothing

    def set(self, timer: Timer, *, now: Any) -> bool:
        self.hook("set")
        key = (str(timer.path), timer.version)
        if key in self.timers:
            return False
        self.timers[key] = timer
        return True


@dataclass
class FakeRuns:
    started: list[tuple[str, RunInput]] = field(default_factory=list)
    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    hook: Callable[[str], None] = nothing

    def start(self, dataset: str, run: RunInput) -> bool:
        self.hook("start")
        if (dataset, run) in self.started:
            return False
        self.started.append((dataset, run))
        return True

    def find(self, dataset: str, run: RunInput) -> dict[str, Any]:
        self.hook("find")
        return self.executions.get(execution_name(dataset, run), {"status": "RUNNING"})

    def describe(self, arn: str) -> dict[str, Any]:
        self.hook("describe")
        return self.executions[arn]


class FakeKeys:
    def get(self, key_id: str) -> SecretKey:
        return SecretKey(key_id, b"0123456789abcdef0123456789abcdef")


@dataclass
class FakeCatalog:
    tables: dict[str, Table] = field(default_factory=dict)
    partitions: dict[str, dict[tuple[str, ...], str]] = field(default_factory=dict)
    crawl: LastCrawl = field(default_factory=lambda: LastCrawl(running=False, started_at=None))
    crawls_started: int = 0
    hook: Callable[[str], None] = nothing

    def table(self, name: str) -> Table | None:
        self.hook("table")
        return self.tables.get(name)

    def has_partition(self, table: Table, values: tuple[str, ...]) -> bool:
        return values in self.partitions.get(table.name, {})

    def add_partition(self, table: Table, values: tuple[str, ...], *, location: str) -> None:
        self.partitions.setdefault(table.name, {})[values] = location

    def last_crawl(self) -> LastCrawl:
        return self.crawl

    def start_crawler(self) -> None:
        self.crawls_started += 1
