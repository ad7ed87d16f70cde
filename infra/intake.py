"""The intake: the queue that S3 reports new objects to."""

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

    def __init__(self, scope: Construct, construct_id: str, *, bucket_arn: str) -> None:
        """Create both queues; only the lake may send to the first."""
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
            # SSE-SQS: S3 cannot send to a queue under the AWS managed KMS key.
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
            visibility_timeout=_VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=_ATTEMPTS
            ),
        )
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TheLakeReportsUploads",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": bucket_arn},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )
        policy = self.queue.node.find_child("Policy")
        assert isinstance(policy, sqs.QueuePolicy)
        self.policy = policy
