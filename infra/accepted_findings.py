"""What cdk-nag finds and we accept: each finding with its resource, and why its threat is none."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Acknowledgment, Validations
from constructs import Construct

from infra.stack import LakescrubStack


@dataclass(frozen=True)
class AcceptedFinding:
    """One finding on one resource.

    Attributes:
        path: The construct, below its stack.
        finding: The rule, with its detail in brackets where it has one.
        reason: What could go wrong, and why it does not.
    """

    path: str
    finding: str
    reason: str


_FUNCTION_ROLES = (
    "Tasks/InspectObjectRole",
    "Tasks/ScrubObjectRole",
    "Tasks/EraseVersionRole",
    "Tasks/CheckCatalogRole",
    "Tasks/RecordRejectionRole",
    "Uploads/ScheduleObjectsRole",
    "Due/StartRunsRole",
    "Sweeper/SweepOverdueRole",
    "Failures/RecordFailureRole",
)
# What may look at every execution of the one machine.
_RUN_ROLES = ("Due/StartRunsRole", "Sweeper/SweepOverdueRole", "Failures/RecordFailureRole")
_LAKE_ROLES = {
    "Tasks/InspectObjectRole": "it looks at any object that a run may be about",
    "Tasks/ScrubObjectRole": "it rewrites any object that a run may be about",
    "Tasks/EraseVersionRole": "it erases versions of any object that a run may be about",
    "Uploads/ScheduleObjectsRole": "it looks at any object that may be uploaded; it cannot write",
    "Sweeper/SweepOverdueRole": "it erases versions of any object whose lock has ended",
    "Catalog/CrawlerRole": "it reads any object of a table; it cannot write",
}
_TABLE_ROLES = {
    "Catalog/CrawlerRole": "finding tables is its work",
    "Tasks/CheckCatalogRole": "it may add partitions, but neither change nor delete a table",
    "Uploads/ScheduleObjectsRole": "it may add partitions, but neither change nor delete a table",
}
_TRACES = "X-Ray has no resources for its Put actions; a trace that is forged harms no data"
_RUN_LOGS = "log delivery has no resources; the role is assumed by Step Functions alone"
_NO_ACCESS_LOG = "server access logs come late and with gaps; CloudTrail data events prove access"


def accepted_findings(stack: LakescrubStack) -> Iterator[AcceptedFinding]:
    """Yield every finding that is accepted for ``stack``."""
    yield from _wide_grants()
    yield from _lake_grants(stack)
    yield from _named_grants(stack)
    yield from _settings(stack)


def accept_findings(stack: LakescrubStack) -> None:
    """Tell CDK's validation about them, each on its own resource."""
    for accepted in accepted_findings(stack):
        construct: Construct = stack
        for part in accepted.path.split("/"):
            child = construct.node.find_child(part)
            assert isinstance(child, Construct)
            construct = child
        note = Acknowledgment(id=accepted.finding, reason=accepted.reason)
        Validations.of(construct).acknowledge(note)


def _on_role(role: str, resource: str, reason: str) -> AcceptedFinding:
    finding = f"AwsSolutions-IAM5[Resource::{resource}]"
    return AcceptedFinding(f"{role}/DefaultPolicy/Resource", finding, reason)


def _wide_grants() -> Iterator[AcceptedFinding]:
    for role in _FUNCTION_ROLES:
        yield _on_role(role, "*", _TRACES)
    yield _on_role("Orchestration/Role", "*", f"{_TRACES}; {_RUN_LOGS}")


def _lake_grants(stack: LakescrubStack) -> Iterator[AcceptedFinding]:
    lake = stack.existing_lake
    bucket = f"arn:<AWS::Partition>:s3:::{lake.bucket}" if lake else "<LakeBucketB1D32E10.Arn>"
    for role, reason in _LAKE_ROLES.items():
        yield _on_role(role, f"{bucket}/*", f"the bucket is the lake: {reason}")


def _named_grants(stack: LakescrubStack) -> Iterator[AcceptedFinding]:
    here = "<AWS::Region>:<AWS::AccountId>"
    database = stack.stack_name.replace("-", "_")
    tables = f"arn:<AWS::Partition>:glue:{here}:table/{database}/*"
    for role, reason in _TABLE_ROLES.items():
        yield _on_role(role, tables, f"tables of lakescrub's own database: {reason}")
    yield _on_role(
        "Catalog/CrawlerRole",
        f"arn:<AWS::Partition>:logs:{here}:log-group:/aws-glue/crawlers*",
        "Glue writes to a group of its own choice under this prefix; a log holds no content",
    )
    executions = f"{here}:execution:<OrchestrationStateMachine4A805A55.Name>:*"
    for role in _RUN_ROLES:
        yield _on_role(
            role,
            f"arn:<AWS::Partition>:states:{executions}",
            "executions of this one machine; it may only look at them",
        )
    yield _on_role(
        "Due/StartRunsRole",
        "<TimerScheduleFD5CD494.Arn>/stream/*",
        "streams of this one table; it may only list them",
    )


def _settings(stack: LakescrubStack) -> Iterator[AcceptedFinding]:
    if stack.existing_lake is None:
        yield AcceptedFinding("Lake/Bucket/Resource", "AwsSolutions-S1", _NO_ACCESS_LOG)
    yield AcceptedFinding("Queries/Results/Resource", "AwsSolutions-S1", _NO_ACCESS_LOG)
    yield AcceptedFinding(
        "Timer/Schedule/Resource",
        "AwsSolutions-DDB3",
        "a lost schedule is made again from the ledger, which has backups",
    )
    for queue in ("Timer/StreamDeadLetters", "Failures/DeadLetters", "Sweeper/DeadLetters"):
        yield AcceptedFinding(
            f"{queue}/Resource", "AwsSolutions-SQS3", "it is a dead-letter queue itself"
        )
    yield AcceptedFinding(
        "HashKeys/Secret/Resource",
        "AwsSolutions-SMG4",
        "a key that is replaced makes hashed values unrecognizable; keys are added, by hand",
    )
    yield AcceptedFinding(
        "Catalog/Crawler",
        "AwsSolutions-GL1",
        "a crawler's log holds names of tables and columns, no content; CloudWatch encrypts it",
    )
