"""The lake that was there before: it is attached through EventBridge and left as it is.

CDK drops policies, lifecycle rules and notifications that are given to a bucket of somebody else,
without a word, so none are; ``lakescrub doctor`` says what is missing there.
"""

from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.environments import ExistingLake
from infra.intake import Intake
from workflow.errors import UsageError
from workflow.policy import Policies


class AttachedLake(Construct):
    """A rule that hands the uploads of a bucket to the intake queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        lake: ExistingLake,
        intake: Intake,
    ) -> None:
        """Find the bucket and create the rule."""
        super().__init__(scope, construct_id)
        key = kms.Key.from_key_arn(self, "Key", lake.key_arn) if lake.key_arn else None
        self.bucket = s3.Bucket.from_bucket_attributes(
            self, "Bucket", bucket_name=lake.bucket, encryption_key=key
        )
        rule = events.CfnRule(
            self,
            "Rule",
            description=f"New objects of {lake.bucket}.",
            # Not by prefix: what a pattern misses would never be scrubbed, and nobody would know.
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [lake.bucket]}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Intake",
                    arn=intake.queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=intake.dead_letters.queue_arn
                    ),
                )
            ],
        )
        intake.admit_rule(rule.attr_arn)


def check_erasure(lake: ExistingLake, policies: Policies) -> None:
    """Refuse datasets that want what the bucket cannot do.

    Raises:
        UsageError: Versions are to be erased where no run can erase one.
    """
    erasing = [dataset.name for dataset in policies.values() if dataset.erase_versions]
    if lake.allow_mfa_delete and erasing:
        raise UsageError(
            f"the lake '{lake.bucket}' has allow_mfa_delete, where no run can erase a version: "
            f"set erase_versions to false for {', '.join(erasing)}"
        )
