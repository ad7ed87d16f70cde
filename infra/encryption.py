"""Encryption: the key of the lake and of the query results."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.environments import Environment


class Encryption(Construct):
    """The environment's own key, or the key that it names.

    One key for both buckets: who may read the lake through Athena has to read the results too.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        """Create or find the key."""
        super().__init__(scope, construct_id)
        self.key: kms.IKey = (
            self._own(environment)
            if environment.data_key_arn is None
            else kms.Key.from_key_arn(self, "Given", environment.data_key_arn)
        )

    def _own(self, environment: Environment) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description=f"Data lake and query results of {environment.stack_name}",
            enable_key_rotation=True,
            removal_policy=environment.removal_policy,
        )
