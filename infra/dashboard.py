"""The dashboard: is everything on time, what was done, what it costs."""

from collections.abc import Iterator, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import OWN_METRICS, Watched
from infra.environments import Environment
from workflow import prices

_DAY = Duration.days(1)
_HALF = 12


class Dashboard(Construct):
    """One page for the operator."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        watched: Watched,
        gigabytes: Mapping[str, float],
    ) -> None:
        """Create the dashboard.

        Args:
            scope: As in all constructs.
            construct_id: As in all constructs.
            environment: Its name is the dashboard's.
            watched: What the graphs show.
            gigabytes: Memory of each function, by its name; what a second of it costs follows.
        """
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=environment.stack_name
        )
        late = (
            _own("sweep_overdue", "Lateness", "Maximum"),
            _own("sweep_overdue", "ObjectsOverdue", "Maximum"),
        )
        ended = tuple(_own("scrub_object", name, "Sum") for name in _ENDINGS)
        failed = (
            _own("record_failure", "RunsFailed", "Sum"),
            _own("record_rejection", "RunsRejected", "Sum"),
            _own("scrub_object", "FieldsNowhere", "Sum"),
        )
        amount = (
            _own("scrub_object", "BytesScrubbed", "Sum"),
            _own("scrub_object", "ValuesScrubbed", "Sum"),
        )
        self.dashboard.add_widgets(
            _graph("Lateness in seconds, and objects overdue", late),
            _graph("Age in seconds of the oldest notification", (_intake_age(watched),)),
        )
        self.dashboard.add_widgets(
            _graph("Age in milliseconds of the oldest expired timer", (_iterator_age(watched),)),
            _graph("Messages that were given up", tuple(_given_up(watched))),
        )
        self.dashboard.add_widgets(
            _graph("Objects by ending", ended),
            _graph("Runs that need somebody, and fields that no row had", failed),
        )
        self.dashboard.add_widgets(
            _graph("Bytes and values scrubbed", amount),
            _graph("Calls that were throttled", tuple(map(_throttles, gigabytes))),
        )
        self.dashboard.add_widgets(
            _graph("Estimated dollars a day", (cost_of_a_day(gigabytes),)),
        )


_ENDINGS = ("ObjectsProcessed", "ObjectsUnchanged", "ObjectsObserved")


def cost_of_a_day(gigabytes: Mapping[str, float]) -> cloudwatch.MathExpression:
    """Estimate a day's dollars from metered transitions and GB-seconds, which is most of them.

    Transitions are metered for the account: other state machines in it count too.
    """
    # A function that was not called that day has no value, which would make the sum none.
    terms = [f"FILL(transitions, 0) * {prices.STATE_TRANSITION:.9f}"]
    terms += [
        f"FILL(ms{number}, 0) / 1000 * {memory} * {prices.LAMBDA_GB_SECOND:.10f}"
        for number, memory in enumerate(gigabytes.values())
    ]
    return cloudwatch.MathExpression(
        expression=" + ".join(terms),
        using_metrics=dict(_metered(gigabytes)),
        label=f"USD, prices of {prices.DATE}",
        period=_DAY,
    )


def _metered(gigabytes: Mapping[str, float]) -> Iterator[tuple[str, cloudwatch.IMetric]]:
    yield (
        "transitions",
        cloudwatch.Metric(
            namespace="AWS/States",
            metric_name="ConsumedCapacity",
            dimensions_map={"ServiceMetric": "StateTransition"},
            statistic="Sum",
            period=_DAY,
        ),
    )
    for number, name in enumerate(gigabytes):
        yield (
            f"ms{number}",
            cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="Duration",
                dimensions_map={"FunctionName": name},
                statistic="Sum",
                period=_DAY,
            ),
        )


def _own(service: str, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=OWN_METRICS,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=Duration.minutes(5),
    )


def _intake_age(watched: Watched) -> cloudwatch.Metric:
    return _of_queue(watched.intake, "ApproximateAgeOfOldestMessage")


def _given_up(watched: Watched) -> Iterator[cloudwatch.Metric]:
    for queue in watched.dead_letters.values():
        yield _of_queue(queue, "ApproximateNumberOfMessagesVisible")


def _of_queue(queue: str, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name=name,
        dimensions_map={"QueueName": queue},
        statistic="Maximum",
        period=Duration.minutes(5),
    )


def _iterator_age(watched: Watched) -> cloudwatch.Metric:
    return _of_function(watched.start_runs, "IteratorAge", "Maximum")


def _throttles(function: str) -> cloudwatch.Metric:
    return _of_function(function, "Throttles", "Sum")


def _of_function(function: str, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"FunctionName": function},
        statistic=statistic,
        period=Duration.minutes(5),
    )


def _graph(title: str, metrics: tuple[cloudwatch.IMetric, ...]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF)
