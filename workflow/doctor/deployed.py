"""What the stack itself has to have switched on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workflow.doctor.commands import aws, listed
from workflow.doctor.expectations import Expected
from workflow.doctor.findings import Finding, Severity, Unread, judged
from workflow.doctor.lake_formation import CHECK as GOVERNANCE
from workflow.doctor.lake_formation import Governance, check_governance

TTL_ATTRIBUTE = "ttl"
_DEPLOY = "deploy the stack again"
_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True, slots=True)
class Crawler:
    """The crawler.

    Attributes:
        last_status: How the last crawl ended; None where there was none.
        schedule: Whether its daily schedule is on; None where it has none.
        paths: What it crawls.
    """

    last_status: str | None
    schedule: str | None
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expiry:
    """The TTL of the schedule table."""

    status: str
    attribute: str | None


@dataclass(frozen=True, slots=True)
class Mapped:
    """One event source of a function."""

    uuid: str
    state: str


@dataclass(frozen=True, slots=True)
class UploadRule:
    """A rule of EventBridge that hands events of the lake to the intake queue."""

    state: str
    pattern: Mapping[str, Any]

    def is_for_all(self, bucket: str) -> bool:
        """Whether no upload to the bucket is missed."""
        return (
            self.pattern.keys() <= {"source", "detail-type", "detail"}
            and "aws.s3" in self.pattern.get("source", ["aws.s3"])
            and "Object Created" in self.pattern.get("detail-type", ["Object Created"])
            and self.pattern.get("detail", {}).keys() <= {"bucket"}
            and bucket in self.pattern.get("detail", {}).get("bucket", {}).get("name", [bucket])
        )


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The settings of a stack, each as AWS gives it, or why it could not be read.

    Attributes:
        name: The stack.
        bucket: Its lake.
        status: Its status in CloudFormation.
        crawler_name: The crawler.
        crawler: Its settings; None where there is none.
        table: The schedule table.
        expiry: Its TTL.
        sources: The event sources of the functions that need one.
        rules: The EventBridge rules that hand events of the lake to the intake queue, by name.
        governance: Who grants rights on the tables.
    """

    name: str
    bucket: str
    status: str | Unread
    crawler_name: str
    crawler: Crawler | Unread | None
    table: str
    expiry: Expiry | Unread | None
    sources: Mapping[str, tuple[Mapped, ...] | Unread] = field(default_factory=dict)
    rules: Mapping[str, UploadRule] | Unread = field(default_factory=dict)
    governance: Governance | Unread


def check_deployed(stack: Deployed, expected: Expected) -> Iterator[Finding]:
    """Yield what is well with a stack, and what is not."""
    yield from judged("stack", stack.status, lambda found: _status(found, stack.name))
    if expected.attached:
        yield from judged("upload rule", stack.rules, lambda found: _rules(found, stack.bucket))
    for function, sources in stack.sources.items():
        check = f"source of {function}"
        yield from judged(check, sources, partial(_sources, check=check))
    yield from judged("timer", stack.expiry, lambda found: _expiry(found, stack.table))
    yield from judged("crawler", stack.crawler, lambda found: _crawler(found, stack, expected))
    yield from judged(
        GOVERNANCE, stack.governance, lambda found: check_governance(found, expected.prefixes)
    )


def _status(status: str, name: str) -> Iterator[Finding]:
    if status in _SETTLED:
        yield Finding("stack", Severity.OK, f"{name} is {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield Finding("stack", Severity.WARNING, f"{name} is {status}: look again when it is done")
    else:
        yield Finding("stack", Severity.PROBLEM, f"{name} is {status}", hint=_DEPLOY)


def _rules(rules: Mapping[str, UploadRule], bucket: str) -> Iterator[Finding]:
    check = "upload rule"
    whole = {name: rule for name, rule in rules.items() if rule.is_for_all(bucket)}
    if not whole:
        what = "no rule of EventBridge hands uploads to the intake queue"
        if rules:
            what = f"not every upload is handed to the intake queue by {listed([*rules])}"
        yield Finding(check, Severity.PROBLEM, what, hint=_DEPLOY)
    for name, rule in whole.items():
        if rule.state.startswith("ENABLED"):
            yield Finding(check, Severity.OK, f"{name} hands uploads to the intake queue")
        else:
            command = aws("events", "enable-rule", name=name)
            what = f"{name} is {rule.state}: no upload is scheduled"
            yield Finding(check, Severity.PROBLEM, what, (command,))


def _sources(sources: tuple[Mapped, ...], *, check: str) -> Iterator[Finding]:
    if not sources:
        yield Finding(check, Severity.PROBLEM, "it has none", hint=_DEPLOY)
    for source in sources:
        if source.state in ("Disabled", "Disabling"):
            command = aws("lambda", "update-event-source-mapping", uuid=source.uuid, enabled=True)
            what = f"{source.uuid} is {source.state}: the function is given nothing"
            yield Finding(check, Severity.PROBLEM, what, (command,))
        else:
            yield Finding(check, Severity.OK, f"{source.uuid} is {source.state}")


def _expiry(expiry: Expiry | None, table: str) -> Iterator[Finding]:
    check = "timer"
    if expiry is None:
        what = f"there is no table {table}"
        yield Finding(check, Severity.PROBLEM, what, hint=_DEPLOY)
        return
    on = expiry.status in ("ENABLED", "ENABLING")
    if on and expiry.attribute == TTL_ATTRIBUTE:
        yield Finding(check, Severity.OK, f"items of {table} expire by {TTL_ATTRIBUTE}")
        return
    enable = _switch(table, TTL_ATTRIBUTE, enabled=True)
    if on and expiry.attribute:
        what = f"items of {table} expire by {expiry.attribute}: nothing falls due"
        commands = (_switch(table, expiry.attribute, enabled=False), enable)
        hint = "DynamoDB takes the second command an hour after the first"
        yield Finding(check, Severity.PROBLEM, what, commands, hint)
    else:
        what = f"items of {table} do not expire: only the sweeper starts runs, and late"
        yield Finding(check, Severity.PROBLEM, what, (enable,))


def _switch(table: str, attribute: str, *, enabled: bool) -> str:
    return aws(
        "dynamodb",
        "update-time-to-live",
        table_name=table,
        time_to_live_specification=f"Enabled={str(enabled).lower()},AttributeName={attribute}",
    )


def _crawler(crawler: Crawler | None, stack: Deployed, expected: Expected) -> Iterator[Finding]:
    check, name = "crawler", stack.crawler_name
    if crawler is None:
        yield Finding(check, Severity.PROBLEM, f"there is no crawler {name}", hint=_DEPLOY)
        return
    found = [*_last_crawl(crawler, name), *_targets(crawler, stack.bucket, expected)]
    if crawler.schedule not in ("SCHEDULED", "TRANSITIONING"):
        command = aws("glue", "start-crawler-schedule", crawler_name=name)
        what = f"{name} does not crawl daily: new columns are not found"
        found.append(Finding(check, Severity.WARNING, what, (command,)))
    yield from found or [Finding(check, Severity.OK, f"{name} crawls every dataset daily")]


def _last_crawl(crawler: Crawler, name: str) -> Iterator[Finding]:
    if crawler.last_status == "FAILED":
        command = aws("glue", "start-crawler", name=name)
        # Not "logs tail", which version 1 of the AWS CLI does not have.
        look = aws(
            "logs",
            "get-log-events",
            log_group_name="/aws-glue/crawlers",
            log_stream_name=name,
            limit="20",
            query="events[].message",
            output="text",
        )
        what = f"the last crawl of {name} failed: tables may be missing; its log says why"
        yield Finding("crawler", Severity.PROBLEM, what, (look, command))


def _targets(crawler: Crawler, bucket: str, expected: Expected) -> Iterator[Finding]:
    missing = [
        prefix for prefix in expected.prefixes if f"s3://{bucket}/{prefix}" not in crawler.paths
    ]
    if missing:
        what = f"no target of it is {listed(missing)}: the stack was deployed with other datasets"
        yield Finding("crawler", Severity.PROBLEM, what, hint=_DEPLOY)
