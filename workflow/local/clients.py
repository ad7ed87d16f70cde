"""boto3 clients of the stack's own endpoint, made once for each identity and shared."""

import threading
from typing import Any

import boto3
from botocore.config import Config

from workflow.local.credentials import ADMIN, RoleSession

_POOL = 64


class Clients:
    """Makes and keeps clients; a client is safe to share between threads, its making is not."""

    def __init__(self, endpoint: str, *, region: str) -> None:
        """Point every client at `endpoint`."""
        self.endpoint = endpoint
        self.region = region
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, bool], Any] = {}
        self._session = boto3.session.Session()

    def get(self, service: str, session: RoleSession | None = None, *, patient: bool = True) -> Any:
        """The client of a service for a role's session, or for the account.

        `patient` clients repeat throttled and failed calls as boto3 does; the others never do.
        """
        key = (service, session.access_key if session else "", patient)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(service, session, patient=patient)
            return self._made[key]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._made.values():
                client.close()
            self._made.clear()

    def _make(self, service: str, session: RoleSession | None, *, patient: bool) -> Any:
        access, secret = (session.access_key, session.secret_key) if session else ADMIN
        make: Any = self._session.client
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            aws_session_token=session.token if session else None,
            config=Config(
                max_pool_connections=_POOL,
                connect_timeout=10,
                read_timeout=1000,
                s3={"addressing_style": "path"},
                parameter_validation=patient,
                retries={"total_max_attempts": 3 if patient else 1, "mode": "standard"},
            ),
        )
