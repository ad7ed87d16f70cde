"""The lake: the bucket whose objects are scrubbed, and its notification of uploads."""

from aws_cdk import Aws
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.environments import Environment
from infra.intake import Intake


def lake_bucket_name(environment: Environment) -> str:
    """Name the lake, so that the queue's policy can name it before it exists.

    The bucket needs the queue's policy (S3 tests it when the notification is set) and the policy
    needs the bucket's ARN. A generated name would make that a circle.
    """
    return f"{environment.stack_name}-lake-{Aws.ACCOUNT_ID}-{Aws.REGION}"


def lake_bucket_arn(environment: Environment) -> str:
    """Return the ARN that the lake is going to have."""
    return f"arn:{Aws.PARTITION}:s3:::{lake_bucket_name(environment)}"


class LakeStorage(Construct):
    """The lake bucket. S3 reports each new object to the intake queue."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, intake: Intake
    ) -> None:
        """Create the bucket and its notification."""
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=lake_bucket_name(environment),
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=environment.removal_policy,
        )
        self._notify(intake)

    def _notify(self, intake: Intake) -> None:
        """Use the bucket's own property: CDK's helper brings a function with wide rights."""
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*", queue=intake.queue.queue_arn
                )
            ]
        )
        bucket.node.add_dependency(intake.policy)
