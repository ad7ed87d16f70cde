"""The stack's own HTTP API, below `/_lakescrub/`: move the clock, tell what is there."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from workflow.local.host import Receive, Scope, Send

Status = Callable[[], dict[str, Any]]
Advance = Callable[[float], float]


class Control:
    """POST /_lakescrub/advance {"seconds": n}; GET /_lakescrub/status."""

    def __init__(self) -> None:
        """The stack sets both once it stands."""
        self.status: Status = dict
        self.advance: Advance = float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = (scope["method"], scope["path"])
        if route == ("GET", "/_lakescrub/status"):
            await _send_json(send, 200, await asyncio.to_thread(self.status))
        elif route == ("POST", "/_lakescrub/advance"):
            await self._move(receive, send)
        else:
            await _send_json(send, 404, {"message": "no such control"})

    async def _move(self, receive: Receive, send: Send) -> None:
        try:
            seconds = float(json.loads(await _body(receive))["seconds"])
        except (ValueError, KeyError, TypeError):
            seconds = -1.0
        if not 0 <= seconds < float("inf"):
            await _send_json(send, 400, {"message": 'give {"seconds": n}, n not negative'})
            return
        offset = await asyncio.to_thread(self.advance, seconds)
        await _send_json(send, 200, {"offset": offset})


async def _body(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(parts)


async def _send_json(send: Send, status: int, data: dict[str, Any]) -> None:
    body = json.dumps(data).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
