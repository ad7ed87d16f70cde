"""The keys of keyed actions: one secret, whose value names each key by an id."""

import json

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.environments import Environment

# What `hash_key` in datasets.yaml means where it is not given.
FIRST_KEY = "default"


class HashKeys(Construct):
    """A secret ``{"<key id>": "<key>"}`` that starts with one generated key.

    A tokenized value carries the id of its key, so a key stays when another one is added. That is
    also why nothing rotates the secret by itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        """Create the secret; whoever deploys never sees the key."""
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Keys with which lakescrub hashes values and shifts dates, by key id",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({}),
                generate_string_key=FIRST_KEY,
                password_length=64,
                exclude_punctuation=True,
            ),
            removal_policy=environment.removal_policy,
        )
