"""SQS and SNS."""

from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients
from workflow.local.deploy.readers.shapes import parsed

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned


def queue(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::SQS::Queue."""
    sqs = clients.get("sqs")
    answer = sqs.get_queue_attributes(QueueUrl=made.physical_id, AttributeNames=["All"])
    found = dict(answer["Attributes"])
    found["QueueName"] = found["QueueArn"].rpartition(":")[2]
    if "RedrivePolicy" in found:
        found["RedrivePolicy"] = parsed(found["RedrivePolicy"])
    return found


def queue_policy(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::SQS::QueuePolicy: the policy that all of its queues have."""
    sqs = clients.get("sqs")
    wanted = made.properties["PolicyDocument"]
    shown = [
        url
        for url in made.properties["Queues"]
        if parsed(_policy(sqs, url)).get("Statement") == wanted["Statement"]
    ]
    return {"Queues": shown, "PolicyDocument": wanted if shown else {}}


def _policy(sqs: Any, url: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    return str(found.get("Attributes", {}).get("Policy", "{}"))


def topic(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::SNS::Topic."""
    answer = clients.get("sns").get_topic_attributes(TopicArn=made.physical_id)
    return {**answer["Attributes"], "TopicName": made.physical_id.rpartition(":")[2]}


def topic_policy(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::SNS::TopicPolicy."""
    sns = clients.get("sns")
    wanted = made.properties["PolicyDocument"]
    shown = [
        arn
        for arn in made.properties["Topics"]
        if parsed(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]).get("Statement")
        == wanted["Statement"]
    ]
    return {"Topics": shown, "PolicyDocument": wanted if shown else {}}


def subscription(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::SNS::Subscription."""
    sns = clients.get("sns")
    answer = sns.get_subscription_attributes(SubscriptionArn=made.physical_id)
    found = dict(answer["Attributes"])
    for name in ("FilterPolicy", "RedrivePolicy"):
        if name in found:
            found[name] = parsed(found[name])
    return found
