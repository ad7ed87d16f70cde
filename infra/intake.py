"""The intake: the queue that new objects are reported to."""

from collections.abc import Mapping

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# A function that reads a queue must be able to finish before a message shows up again; AWS
# recommends six times its time-out.
INTAKE_FUNCTION_TIMEOUT = Duration.seconds(30)
_VISIBILITY = Duration.seconds(180)
_ATTEMPTS = 5
_KEPT = Duration.days(14)


class Intake(Construct):
    """The intake queue and the queue for notifications that nobody could handle."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create both queues; nobody may send to them yet."""
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            # SSE-SQS: neither S3 nor EventBridge can send to a queue under the AWS managed KMS key.
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
            visibility_timeout=_VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=_ATTEMPTS
            ),
        )

    def admit_bucket(self, bucket_arn: str) -> sqs.QueuePolicy:
        """Let S3 report the uploads of one bucket; give what has to be there first."""
        _admit(
            self.queue,
            "TheLakeReportsUploads",
            service="s3.amazonaws.com",
            conditions={
                "ArnEquals": {"aws:SourceArn": bucket_arn},
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            },
        )
        policy = self.queue.node.find_child("Policy")
        assert isinstance(policy, sqs.QueuePolicy)
        return policy

    def admit_rule(self, rule_arn: str) -> None:
        """Let EventBridge hand over what a rule matches, or leave it with the dead letters."""
        conditions = {"ArnEquals": {"aws:SourceArn": rule_arn}}
        for queue in (self.queue, self.dead_letters):
            _admit(
                queue,
                "TheRuleReportsUploads",
                service="events.amazonaws.com",
                conditions=conditions,
            )


def _admit(
    queue: sqs.Queue, sid: str, *, service: str, conditions: Mapping[str, Mapping[str, str]]
) -> None:
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            principals=[iam.ServicePrincipal(service)],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions=conditions,
        )
    )
