"""The ASGI application on the port: records each call, runs the seams, asks the emulator."""

import asyncio
import threading
import uuid
from collections.abc import Callable
from typing import Any

from workflow.local.calls import Call, identify, needs_body
from workflow.local.faults import Answer, Fault, answer
from workflow.local.host import Application, Receive, Scope, Send
from workflow.local.seams import Action, Interception, Seams

Identity = Callable[[str], tuple[str, str]]
"""Access key -> role name and session name."""


class Gateway:
    """Wraps the emulator's application."""

    def __init__(
        self, inner: Application, *, seams: Seams, control: Application, identity: Identity
    ) -> None:
        """Send `/_lakescrub/...` to `control` and all else to `inner`."""
        self._inner = inner
        self._seams = seams
        self._control = control
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http" or scope["path"].startswith("/_ministack"):
            await self._inner(scope, receive, send)
        elif scope["path"].startswith("/_lakescrub/"):
            await self._control(scope, receive, send)
        else:
            await self._serve(_as_if_encrypted(scope), receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            key.decode("latin-1").lower(): value.decode("latin-1")
            for key, value in scope["headers"]
        }
        body = b""
        if needs_body(headers):
            body = await _read(receive)
            receive = _replay(body, receive)
        call = identify(
            scope["method"],
            scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
        )
        call.role, call.caller = self._identity(call.access_key)
        before, after = self._seams.record(call)
        if fault := await _first_fault(before, call):
            await _drain(receive, replayed=bool(body))
            await _answer(send, call, answer(call.service, fault))
        elif not after:
            await self._inner(scope, receive, _noting(send, call))
        else:
            kept = _Kept()
            await self._inner(scope, receive, _noting(kept, call))
            if fault := await _first_fault(after, call):
                await _answer(send, call, answer(call.service, fault))
            else:
                await kept.pass_on(send)


class _Kept:
    """Holds an answer back."""

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []

    async def __call__(self, message: dict[str, Any]) -> None:
        self._messages.append(message)

    async def pass_on(self, send: Send) -> None:
        for message in self._messages:
            await send(message)


async def _first_fault(rules: list[Interception], call: Call) -> Fault | None:
    for rule in rules:
        if fault := await _run(rule.action, call):
            return fault
    return None


def _as_if_encrypted(scope: Scope) -> Scope:
    """Policies deny plain HTTP (`aws:SecureTransport`); on this machine it stands for HTTPS."""
    return {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}


async def _run(action: Action, call: Call) -> Fault | None:
    """Run an action on a thread of its own: it may block for as long as the test likes."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Fault | None] = loop.create_future()

    def work() -> None:
        try:
            result = action(call)
        except Exception as error:  # noqa: BLE001 - a test's action may fail; the call must not hang
            result = Fault(500, "InternalError", f"the interception failed: {type(error).__name__}")
        loop.call_soon_threadsafe(_settle, done, result)

    threading.Thread(target=work, name="lakescrub-seam", daemon=True).start()
    return await done


def _settle(done: "asyncio.Future[Fault | None]", result: Fault | None) -> None:
    if not done.done():
        done.set_result(result)


def _noting(send: Send, call: Call) -> Send:
    async def noting(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
            message = _with_request_id(message)
        await send(message)

    return noting


def _with_request_id(message: dict[str, Any]) -> dict[str, Any]:
    """Every answer of AWS has one, also a refusal; Step Functions quotes it in an error's cause."""
    headers = list(message.get("headers", ()))
    if any(name.lower() == b"x-amzn-requestid" for name, _ in headers):
        return message
    return {**message, "headers": [*headers, (b"x-amzn-requestid", str(uuid.uuid4()).encode())]}


async def _answer(send: Send, call: Call, made: Answer) -> None:
    status, headers, body = made
    call.status = status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read already, and then what follows it."""
    given = False

    async def again() -> dict[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _drain(receive: Receive, *, replayed: bool) -> None:
    """Read what the client still sends, or it would see a broken connection, not the answer."""
    if not replayed:
        await _read(receive)
