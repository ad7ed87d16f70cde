"""Read deployed resources back through their services' APIs, in the shape of a template.

One reader for each resource type: it gives the properties that the API shows. What a reader does
not give counts as invisible, so that a new property of the template is noticed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients
from workflow.local.deploy.readers import analytics, compute, events, messaging, security, storage

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned

Reader = Callable[[Clients, "Provisioned"], dict[str, Any]]

READERS: dict[str, Reader] = {
    "AWS::Athena::WorkGroup": analytics.workgroup,
    "AWS::CloudWatch::Alarm": events.alarm,
    "AWS::DynamoDB::Table": storage.table,
    "AWS::Events::Rule": events.rule,
    "AWS::Glue::Crawler": analytics.crawler,
    "AWS::Glue::Database": analytics.database,
    "AWS::IAM::Policy": security.policy,
    "AWS::IAM::Role": security.role,
    "AWS::KMS::Alias": security.alias,
    "AWS::KMS::Key": security.key,
    "AWS::Lambda::EventInvokeConfig": compute.invoke_config,
    "AWS::Lambda::EventSourceMapping": compute.mapping,
    "AWS::Lambda::Function": compute.function,
    "AWS::Lambda::Permission": compute.permission,
    "AWS::Logs::LogGroup": compute.log_group,
    "AWS::S3::Bucket": storage.bucket,
    "AWS::S3::BucketPolicy": storage.bucket_policy,
    "AWS::SNS::Subscription": messaging.subscription,
    "AWS::SNS::Topic": messaging.topic,
    "AWS::SNS::TopicPolicy": messaging.topic_policy,
    "AWS::SQS::Queue": messaging.queue,
    "AWS::SQS::QueuePolicy": messaging.queue_policy,
    "AWS::Scheduler::Schedule": events.schedule,
    "AWS::SecretsManager::Secret": security.secret,
    "AWS::StepFunctions::StateMachine": compute.state_machine,
}
