"""EventBridge rules, schedules and alarms."""

from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients
from workflow.local.deploy.readers.shapes import parsed

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned


def rule(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Events::Rule."""
    events = clients.get("events")
    name = made.physical_id.rpartition("/")[2]
    found = events.describe_rule(Name=name)
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    shown = {**found, "Targets": targets}
    if "EventPattern" in found:
        shown["EventPattern"] = parsed(found["EventPattern"])
    return shown


def schedule(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Scheduler::Schedule."""
    asked = {"Name": made.physical_id.rpartition("/")[2]}
    if "GroupName" in made.properties:
        asked["GroupName"] = made.properties["GroupName"]
    found: dict[str, Any] = clients.get("scheduler").get_schedule(**asked)
    return found


def alarm(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::CloudWatch::Alarm."""
    answer = clients.get("cloudwatch").describe_alarms(AlarmNames=[made.physical_id])
    found: dict[str, Any] = answer["MetricAlarms"][0]
    return found
