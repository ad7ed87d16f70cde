"""The lake: the bucket whose objects are scrubbed, and its notification of uploads."""

import math
from collections.abc import Iterator
from datetime import timedelta

from aws_cdk import Aws, Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.environments import Environment
from infra.intake import Intake
from workflow.policy import Policies


def lake_bucket_name(environment: Environment) -> str:
    """Name the lake, so that the queue's policy can name it before it exists.

    The bucket needs the queue's policy (S3 tests it when the notification is set) and the policy
    needs the bucket's ARN. A generated name would make that a circle.
    """
    if environment.lake_bucket is not None:
        return environment.lake_bucket
    return f"{environment.stack_name}-lake-{Aws.ACCOUNT_ID}-{Aws.REGION}"


def lake_bucket_arn(environment: Environment) -> str:
    """Return the ARN that the lake is going to have."""
    return f"arn:{Aws.PARTITION}:s3:::{lake_bucket_name(environment)}"


def lifecycle_rules(environment: Environment, policies: Policies) -> Iterator[s3.LifecycleRule]:
    """Yield what S3 cleans up by itself.

    The rules on noncurrent versions are a backstop: a run erases its version long before, and S3
    must never be first.
    """
    yield s3.LifecycleRule(
        id="drop-incomplete-uploads",
        abort_incomplete_multipart_upload_after=Duration.days(environment.incomplete_upload_days),
    )
    for dataset in policies.values():
        if dataset.erase_versions:
            days = math.ceil(dataset.after / timedelta(days=1)) + environment.erase_margin_days
            yield s3.LifecycleRule(
                id=f"erase-versions-of-{dataset.name}",
                prefix=dataset.prefix,
                noncurrent_version_expiration=Duration.days(days),
            )


class LakeStorage(Construct):
    """The lake bucket. S3 reports each new object to the intake queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        intake: Intake,
        policies: Policies,
        key: kms.IKey,
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
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            # One data key serves many objects: a hundredth of the requests to KMS.
            bucket_key_enabled=True,
            enforce_ssl=True,
            lifecycle_rules=list(lifecycle_rules(environment, policies)),
            removal_policy=environment.removal_policy,
        )
        self._notify(intake, bucket_arn=lake_bucket_arn(environment))

    def _notify(self, intake: Intake, *, bucket_arn: str) -> None:
        """Use the bucket's own property: CDK's helper brings a function with wide rights."""
        policy = intake.admit_bucket(bucket_arn)
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*", queue=intake.queue.queue_arn
                )
            ]
        )
        bucket.node.add_dependency(policy)
