"""One HTTP server thread that serves an ASGI application until it is told to stop."""

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from workflow.errors import LakescrubError

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_START_SECONDS = 20
_STOP_SECONDS = 10
_NOISY = (
    "hypercorn",
    "hypercorn.error",
    "hypercorn.access",
    "ministack",
    "moto",
    "werkzeug",
    "asyncio",
)


class PortInUse(LakescrubError):
    """Another program listens on the port."""


def bound_socket(port: int) -> socket.socket:
    """Bind a loopback port (0: a free one) before anything else is started.

    Raises:
        PortInUse: Another program has the port.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise PortInUse(
            f"port {port} is in use: stop the program that listens there, or choose another --port"
        ) from None
    bound.listen(1024)
    bound.setblocking(False)
    return bound


class Host:
    """The server thread."""

    def __init__(self, application: Application, *, listening: socket.socket) -> None:
        """Prepare to serve on a socket that is bound already."""
        self.port: int = listening.getsockname()[1]
        self.loop: asyncio.AbstractEventLoop | None = None
        self._application = application
        self._socket = listening
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="lakescrub-host", daemon=True)

    def start(self) -> None:
        """Serve; returns once the application's start-up is done."""
        silence()
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Finish; open requests get a moment to end."""
        if self.loop is not None and self._stop is not None and self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        self.loop = asyncio.new_event_loop()
        try:
            self.loop.run_until_complete(self._serve())
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits in start()
            self._failure = failure
        finally:
            self._ready.set()
            self.loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]
        config.loglevel = "ERROR"
        config.accesslog = config.errorlog = None
        config.keep_alive_timeout = 75
        config.graceful_timeout = 0.5
        config.shutdown_timeout = 2
        await serve(self._announce_ready, config, shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]

    async def _announce_ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the end of the application's start-up opens `start`."""
        if scope["type"] != "lifespan":
            await self._application(scope, receive, send)
            return

        async def watched(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                asyncio.get_running_loop().call_later(0.01, self._ready.set)

        await self._application(scope, receive, watched)


def silence() -> None:
    """Keep the emulators' chatter away from the user's terminal."""
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
