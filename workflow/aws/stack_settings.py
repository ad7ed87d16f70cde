"""The settings of a deployed stack, read for ``lakescrub doctor``."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from workflow.aws.reading import read
from workflow.doctor.bucket_policy import NEEDED
from workflow.doctor.deployed import Crawler, Deployed, Expiry, Mapped, UploadRule
from workflow.doctor.findings import Unread
from workflow.doctor.lake_formation import Governance

if TYPE_CHECKING:
    from workflow.aws.workbench import Workbench

_FED = ("schedule_objects", "start_runs")
_ON_TABLES = ("schedule_objects", "check_catalog")
CRAWLER = "crawler"


@dataclass(frozen=True)
class StackSettings:
    """Reads one stack.

    Attributes:
        bench: The stack.
        name: Its name.
    """

    bench: "Workbench"
    name: str

    def read(self, roles: Mapping[str, str]) -> Deployed:
        """Read everything; what cannot be read says why."""
        names = self.bench.deployment
        return Deployed(
            name=self.name,
            bucket=names.lake_bucket,
            status=read("cloudformation:DescribeStacks", self._status),
            crawler_name=names.crawler,
            crawler=read(
                "glue:GetCrawler", self._crawler, absent={"EntityNotFoundException": None}
            ),
            table=names.schedule_table,
            expiry=read(
                "dynamodb:DescribeTimeToLive",
                self._expiry,
                absent={"ResourceNotFoundException": None},
            ),
            sources={name: self._sources(name) for name in _FED},
            rules=read("events:ListRuleNamesByTarget and events:DescribeRule", self._rules),
            governance=self._governance(roles),
        )

    def roles(self) -> tuple[dict[str, str], list[str]]:
        """Give the role of each function and of the crawler, and why others are not known."""
        lambda_, glue = self.bench.client("lambda"), self.bench.client("glue")
        names = self.bench.deployment
        asks: dict[str, tuple[str, Callable[[], Any]]] = {
            function: (
                "lambda:GetFunctionConfiguration",
                partial(lambda_.get_function_configuration, FunctionName=physical),
            )
            for function, physical in names.functions.items()
            if function in {*NEEDED, *_ON_TABLES}
        }
        known: dict[str, str] = {}
        unknown = set()
        for name, (permission, ask) in asks.items():
            answer = read(permission, ask)
            if isinstance(answer, Unread):
                unknown.add(answer.reason)
            else:
                known[name] = answer["Role"]
        crawler = read("glue:GetCrawler", lambda: glue.get_crawler(Name=names.crawler)["Crawler"])
        if isinstance(crawler, Unread):
            unknown.add(crawler.reason)
        else:
            known[CRAWLER] = self._arn(crawler["Role"])
        return known, sorted(unknown)

    def _arn(self, role: str) -> str:
        """Glue knows roles by name, too."""
        parts = self.bench.deployment.state_machine_arn.split(":")
        return role if ":" in role else f"arn:{parts[1]}:iam::{parts[4]}:role/{role}"

    def intake_arn(self) -> str:
        """Give the ARN of the intake queue, from where it is and from the machine's ARN."""
        names = self.bench.deployment
        parts = names.state_machine_arn.split(":")
        queue = names.intake_queue_url.rpartition("/")[2]
        return ":".join([*parts[:2], "sqs", *parts[3:5], queue])

    def _status(self) -> str:
        client = self.bench.client("cloudformation")
        return str(client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])

    def _crawler(self) -> Crawler:
        client = self.bench.client("glue")
        found = client.get_crawler(Name=self.bench.deployment.crawler)["Crawler"]
        return Crawler(
            found.get("LastCrawl", {}).get("Status"),
            found.get("Schedule", {}).get("State"),
            tuple(target["Path"] for target in found["Targets"].get("S3Targets", ())),
        )

    def _expiry(self) -> Expiry:
        client = self.bench.client("dynamodb")
        answer = client.describe_time_to_live(TableName=self.bench.deployment.schedule_table)
        found = answer["TimeToLiveDescription"]
        return Expiry(found["TimeToLiveStatus"], found.get("AttributeName"))

    def _sources(self, function: str) -> tuple[Mapped, ...] | Unread:
        physical = self.bench.deployment.functions[function]
        pages = self.bench.client("lambda").get_paginator("list_event_source_mappings")

        def ask() -> tuple[Mapped, ...]:
            return tuple(
                Mapped(each["UUID"], each["State"])
                for page in pages.paginate(FunctionName=physical)
                for each in page["EventSourceMappings"]
            )

        return read("lambda:ListEventSourceMappings", ask)

    def _rules(self) -> dict[str, UploadRule]:
        events = self.bench.client("events")
        asked = {"TargetArn": self.intake_arn()}
        answers = self._pages(events.list_rule_names_by_target, asked)
        names = [name for answer in answers for name in answer["RuleNames"]]
        rules = {name: events.describe_rule(Name=name) for name in names}
        # Somebody may hand the queue the uploads of other buckets, or what a clock sends, too.
        named = f'"{self.bench.deployment.lake_bucket}"'
        return {
            name: UploadRule(rule["State"], json.loads(rule["EventPattern"]))
            for name, rule in rules.items()
            if named in rule.get("EventPattern", "")
        }

    def _governance(self, roles: Mapping[str, str]) -> Governance | Unread:
        wanted = (CRAWLER, *_ON_TABLES)
        if missing := [name for name in wanted if name not in roles]:
            return Unread(f"the role of {', '.join(missing)} is not known")
        names = self.bench.deployment
        database = {"Database": {"Name": names.database}}
        tables = {"Table": {"DatabaseName": names.database, "TableWildcard": {}}}

        def ask() -> Governance:
            return Governance(
                database=names.database,
                on_database=self._grants(database),
                on_tables=self._grants(tables),
                crawler_role=roles[CRAWLER],
                table_roles=tuple(roles[name] for name in _ON_TABLES),
                locations=dict(self._locations()),
            )

        return read("lakeformation:ListPermissions and lakeformation:ListResources", ask)

    def _locations(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the registered locations that hold the lake, or a part of it."""
        partition = self.bench.deployment.state_machine_arn.split(":")[1]
        lake = f"arn:{partition}:s3:::{self.bench.deployment.lake_bucket}"
        for page in self._pages(self.bench.client("lakeformation").list_resources, {}):
            for each in page["ResourceInfoList"]:
                arn = each["ResourceArn"]
                if arn == lake or arn.startswith(f"{lake}/"):
                    grants = self._grants({"DataLocation": {"ResourceArn": arn}})
                    yield arn, frozenset(grants)

    def _grants(self, resource: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        granted: defaultdict[str, set[str]] = defaultdict(set)
        ask = self.bench.client("lakeformation").list_permissions
        for page in self._pages(ask, {"Resource": resource}):
            for each in page["PrincipalResourcePermissions"]:
                principal = each["Principal"]["DataLakePrincipalIdentifier"]
                granted[principal] |= set(each["Permissions"])
        return {principal: frozenset(rights) for principal, rights in granted.items()}

    def _pages(self, ask: Callable[..., Any], asked: Mapping[str, Any]) -> Iterator[Any]:
        """Yield all answers of operations that boto3 does not page by itself."""
        page = ask(**asked)
        yield page
        while page.get("NextToken"):
            page = ask(**asked, NextToken=page["NextToken"])
            yield page
