"""The timer and the truth: the schedule table, whose items expire, and the ledger."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.environments import Environment

WAKING_INDEX = "due"


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


class Timer(Construct):
    """Schedule table with TTL and stream, ledger table, and the stream's dead letters."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        """Create the tables."""
        super().__init__(scope, construct_id)
        # The schedule can be made again from the ledger, so only the ledger has backups.
        self.schedule = dynamodb.Table(
            self,
            "Schedule",
            partition_key=_text("path"),
            sort_key=_text("version"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="ttl",
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            removal_policy=environment.removal_policy,
        )
        self.ledger = dynamodb.Table(
            self,
            "Ledger",
            partition_key=_text("path"),
            sort_key=_text("version"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=environment.keep_data,
            removal_policy=environment.removal_policy,
        )
        # Sparse: only an entry that waits for its time carries due_shard.
        self.ledger.add_global_secondary_index(
            index_name=WAKING_INDEX, partition_key=_text("due_shard"), sort_key=_text("wake_at")
        )
        # Holds positions in the stream, not items: it is there to raise the alarm.
        self.stream_dead_letters = sqs.Queue(
            self,
            "StreamDeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
