"""Lake Formation, answered by moto: ministack has none.

It keeps grants and registered locations, and enforces none of them. As in an account that nobody
changed, IAM alone decides over databases that are there when it is first asked.
https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from workflow.local.clients import Clients

Handler = Callable[..., Awaitable[Any]]
Answer = tuple[int, dict[str, str], bytes]
_IAM_ALONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


class LakeFormation:
    """Answers the API from moto's store."""

    def __init__(self, clients: Clients) -> None:
        """Load nothing yet."""
        self._clients = clients
        self._lock = threading.Lock()
        self._ready = False

    def mount(self, handlers: dict[str, Handler]) -> None:
        """Take the requests that are signed for it."""

        async def handle(
            _method: str, path: str, headers: dict[str, str], body: bytes, _query: Any
        ) -> Answer:
            return await asyncio.to_thread(self._answer, path, headers, body)

        handlers["lakeformation"] = handle

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders
        from moto.core.request import normalize_request
        from moto.lakeformation.responses import LakeFormationResponse

        with self._lock:
            self._prepare()
            sent = HTTPHeaders()
            for name, value in headers.items():
                sent[name] = value
            sent["Host"] = f"lakeformation.{self._clients.region}.amazonaws.com"
            address = f"https://{sent['Host']}{path}"
            request = normalize_request(
                AWSPreparedRequest("POST", address, sent, body, stream_output=False)
            )
            status, answered, text = LakeFormationResponse.dispatch(
                request, request.raw_url, request.headers
            )
        encoded = text.encode() if isinstance(text, str) else text
        return status, {name: str(value) for name, value in answered.items()}, encoded

    def _prepare(self) -> None:
        """Forget what an earlier stack of this process was told."""
        if self._ready:
            return
        from moto.lakeformation.models import lakeformation_backends

        from workflow.local.emulator import ACCOUNT

        backend = lakeformation_backends[ACCOUNT][self._clients.region]
        # Not by its own reset, which forgets the objects of every service of moto.
        backend.grants.clear()
        backend.resources.clear()
        for database in self._clients.get("glue").get_databases()["DatabaseList"]:
            resource = {"Database": {"Name": database["Name"]}}
            backend.grant_permissions(ACCOUNT, _IAM_ALONE, resource, ["ALL"], [])
        self._ready = True
