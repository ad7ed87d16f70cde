import re
from pathlib import Path

import pytest

from infra.alarms import RUNBOOK
from workflow import cost

RUNBOOK_TEXT = (Path(__file__).parents[2] / RUNBOOK).read_text(encoding="utf-8")


def _alarms(template):
    return [alarm["Properties"] for alarm in template.resources("AWS::CloudWatch::Alarm")]


def _section(alarm):
    return re.search(r"section (\w+)\.$", alarm["AlarmDescription"])[1]


def test_every_alarm_has_a_section_of_the_runbook_and_every_section_an_alarm(template):
    sections = re.findall(r"^## (\w+)$", RUNBOOK_TEXT.partition("# Runbook")[2], re.MULTILINE)

    assert sorted(_section(alarm) for alarm in _alarms(template)) == sorted(sections)


def test_the_estimate_of_costs_counts_every_alarm(template):
    assert len(_alarms(template)) == cost.ALARMS


def test_every_alarm_tells_the_topic(template):
    topic = template.logical_id("AWS::SNS::Topic", path="Alarms")

    assert all(alarm["AlarmActions"] == [{"Ref": topic}] for alarm in _alarms(template))


def test_every_dead_letter_queue_has_an_alarm(template):
    watched = {
        str(dimension["Value"])
        for alarm in _alarms(template)
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Dimensions"]
    }

    queues = [
        name
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::SQS::Queue" and "DeadLetters" in name
    ]
    assert len(queues) == len(watched)
    assert all(any(queue in value for value in watched) for queue in queues)


def test_silence_of_the_sweeper_rings(template):
    (silent,) = [alarm for alarm in _alarms(template) if _section(alarm) == "SweeperSilent"]

    assert silent["TreatMissingData"] == "breaching"
    assert silent["ComparisonOperator"] == "LessThanThreshold"


def test_a_sweep_that_fails_once_rings_no_alarm(template):
    (incomplete,) = [alarm for alarm in _alarms(template) if _section(alarm) == "SweepIncomplete"]

    assert incomplete["MetricName"] == "SweepFailures"
    assert incomplete["Statistic"] == "Minimum"
    assert incomplete["EvaluationPeriods"] == 3


ROOT = Path(__file__).parents[2]
BATCHES = (ROOT / "workflow" / "aws" / "handling.py").read_text(encoding="utf-8")
METRICS = {
    path.parent.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "functions").glob("*/handler.py")
}


def test_alarms_watch_metrics_that_the_functions_emit(template):
    for alarm in _alarms(template):
        if alarm.get("Namespace") == "lakescrub":
            (service,) = [one["Value"] for one in alarm["Dimensions"]]
            source = METRICS[service] + BATCHES
            assert f'"{alarm["MetricName"]}"' in source, alarm["MetricName"]


def test_cloudwatch_may_tell_the_topic(template):
    policy = template.properties("AWS::SNS::TopicPolicy", path="Alarms")

    allowed = [
        statement["Principal"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert allowed == [{"Service": "cloudwatch.amazonaws.com"}]


SHOWN = (
    *("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "IteratorAge"),
    *("RunsFailed", "RunsRejected", "Throttles", "ObjectsOverdue", "Lateness"),
    *("ObjectsProcessed", "BytesScrubbed", "ValuesScrubbed", "ConsumedCapacity"),
)


@pytest.mark.parametrize("name", SHOWN)
def test_dashboard_shows_what_an_operator_asks_for(template, name):
    assert name in str(template.properties("AWS::CloudWatch::Dashboard"))


def test_prices_of_the_dashboard_are_written_as_cloudwatch_reads_them(template):
    body = str(template.properties("AWS::CloudWatch::Dashboard"))

    assert "* 0.0000133334" in body
    assert not re.search(r"\d[eE]-\d", body)


def test_dashboard_counts_the_memory_of_every_function(template):
    body = str(template.properties("AWS::CloudWatch::Dashboard"))

    assert all(
        function in body
        for function, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    )
