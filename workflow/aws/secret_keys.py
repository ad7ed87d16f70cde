"""The keys of keyed actions, from one secret of Secrets Manager: ``{"<key id>": "<secret>"}``.

A key stays in the secret when a new one is added, since tokens in the lake carry their key's id.
"""

import json
from typing import TYPE_CHECKING

from workflow.aws.faults import told
from workflow.errors import AccessDenied
from workflow.scrub import SecretKey

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretKeys:
    """Keys by id; the secret is read once for the life of the process."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        """Use a client and a secret."""
        self._client = client
        self._secret_id = secret_id
        self._known: dict[str, str] = {}

    def get(self, key_id: str) -> SecretKey:
        """Give a key.

        Raises:
            AccessDenied: The secret has no such key: add it, then redrive.
            LakescrubError: Secrets Manager failed.
        """
        if key_id not in self._known:
            with told("GetSecretValue of the hash keys"):
                answer = self._client.get_secret_value(SecretId=self._secret_id)
            self._known = json.loads(answer["SecretString"])
        if key_id not in self._known:
            raise AccessDenied(
                f"the secret of the hash keys has no key {key_id!r}: add it, then redrive"
            )
        return SecretKey(key_id, self._known[key_id].encode())
