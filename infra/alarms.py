"""The alarms: what somebody has to look at, and which section of the runbook says how."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.environments import Environment

RUNBOOK = "docs/operations.md"
OWN_METRICS = "lakescrub"


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """One alarm.

    Attributes:
        name: The alarm, and the section of the runbook.
        problem: What is the matter when it rings.
        namespace: Of the metric; ours where it is not given.
        metric: Its name.
        dimensions: What it is measured on.
        statistic: How the values of a period become one.
        above: It rings above this value, where `below` is not given.
        periods: Of five minutes each; all of them have to be above.
        below: It rings below this value.
        silence_rings: No value at all is a problem too.
    """

    name: str
    problem: str
    metric: str
    namespace: str = OWN_METRICS
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    above: float = 0
    periods: int = 1
    below: float | None = None
    silence_rings: bool = False


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Names of what is watched."""

    intake: str
    dead_letters: Mapping[str, str]
    start_runs: str
    scrub_object: str
    sweep_overdue: str


def alarm_settings(watched: Watched) -> Iterator[AlarmSettings]:
    """Yield all alarms."""
    yield from _queues(watched)
    yield from _functions(watched)
    yield from _sweeper(watched)
    yield from _overdue()
    yield from _runs()


class Alarms(Construct):
    """All alarms, and the topic that they tell."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, watched: Watched
    ) -> None:
        """Create the topic and the alarms."""
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        # The policy that asks for TLS takes the place of the one that lets the account publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsTell",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if environment.alarm_email is not None:
            self.topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
        for settings in alarm_settings(watched):
            self._alarm(settings)

    def _alarm(self, settings: AlarmSettings) -> None:
        cloudwatch.CfnAlarm(
            self,
            settings.name,
            alarm_description=(
                f"{settings.problem} What to do: {RUNBOOK}, section {settings.name}."
            ),
            namespace=settings.namespace,
            metric_name=settings.metric,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in settings.dimensions.items()
            ],
            statistic=settings.statistic,
            period=int(Duration.minutes(5).to_seconds()),
            evaluation_periods=settings.periods,
            threshold=settings.above if settings.below is None else settings.below,
            comparison_operator=(
                "GreaterThanThreshold" if settings.below is None else "LessThanThreshold"
            ),
            treat_missing_data="breaching" if settings.silence_rings else "notBreaching",
            alarm_actions=[self.topic.topic_arn],
        )


def _of_function(name: str) -> dict[str, str]:
    return {"FunctionName": name}


def _service(name: str) -> dict[str, str]:
    """Powertools measures everything under the name of the function's service."""
    return {"service": name}


def _queues(watched: Watched) -> Iterator[AlarmSettings]:
    yield AlarmSettings(
        name="IntakeLate",
        problem="Notifications of uploads wait for over 15 minutes.",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        dimensions={"QueueName": watched.intake},
        statistic="Maximum",
        above=15 * 60,
        periods=2,
    )
    for name, queue in watched.dead_letters.items():
        yield AlarmSettings(
            name=f"{name}DeadLetters",
            problem="Something was given up after all its attempts.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue},
            statistic="Maximum",
        )


def _functions(watched: Watched) -> Iterator[AlarmSettings]:
    yield AlarmSettings(
        name="StreamLate",
        problem="Expired timers wait for over 15 minutes in the stream.",
        namespace="AWS/Lambda",
        metric="IteratorAge",
        dimensions=_of_function(watched.start_runs),
        statistic="Maximum",
        above=15 * 60 * 1000,
        periods=2,
    )
    yield AlarmSettings(
        name="ScrubThrottled",
        problem="Scrubbing has been held back for an hour on end.",
        namespace="AWS/Lambda",
        metric="Throttles",
        dimensions=_of_function(watched.scrub_object),
        periods=12,
    )


def _sweeper(watched: Watched) -> Iterator[AlarmSettings]:
    yield AlarmSettings(
        name="SweeperSilent",
        problem="The sweeper, which recovers what the timer lost, has not run for 10 minutes.",
        namespace="AWS/Lambda",
        metric="Invocations",
        dimensions=_of_function(watched.sweep_overdue),
        periods=2,
        below=1,
        silence_rings=True,
    )
    yield AlarmSettings(
        name="SweeperFailing",
        problem="The sweeper has failed for 10 minutes.",
        namespace="AWS/Lambda",
        metric="Errors",
        dimensions=_of_function(watched.sweep_overdue),
        periods=2,
    )


def _overdue() -> Iterator[AlarmSettings]:
    yield AlarmSettings(
        name="ObjectsOverdue",
        problem="Objects stay overdue although the sweeper starts them.",
        metric="ObjectsOverdue",
        dimensions=_service("sweep_overdue"),
        statistic="Minimum",
        periods=3,
    )
    yield AlarmSettings(
        name="SweepIncomplete",
        problem="The sweeper could not take care of some entries for 15 minutes.",
        metric="SweepFailures",
        dimensions=_service("sweep_overdue"),
        # Each tick tries again, so a failure that passes is none; one that stays is in every tick.
        statistic="Minimum",
        periods=3,
    )


def _runs() -> Iterator[AlarmSettings]:
    yield AlarmSettings(
        name="IntakeFailing",
        problem="Notifications have not been understood for 15 minutes.",
        metric="RecordsFailed",
        dimensions=_service("schedule_objects"),
        periods=3,
    )
    yield AlarmSettings(
        name="RunsFailed",
        problem="A run failed, timed out or was aborted; its object is not scrubbed.",
        metric="RunsFailed",
        dimensions=_service("record_failure"),
    )
    yield AlarmSettings(
        name="RunsRejected",
        problem="An object cannot be scrubbed as it is.",
        metric="RunsRejected",
        dimensions=_service("record_rejection"),
    )
    yield AlarmSettings(
        name="TablesMissing",
        problem="A crawl ended without the table that a dataset names.",
        metric="CatalogTablesMissing",
        dimensions=_service("check_catalog"),
    )
