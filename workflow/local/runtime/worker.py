"""One worker process of one function, seen from the stack: send an event, await the answer."""

import contextlib
import dataclasses
import json
import os
import selectors
import socket
import struct
import time
from typing import Any

from workflow.local.runtime.forks import ForkServer

_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 16


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one invocation ended."""

    payload: Any
    failed: bool
    log: str
    stream: str
    usable: bool
    """Whether the process can serve another invocation."""


class Worker:
    """A process that waits for events of one function."""

    def __init__(self, forks: ForkServer, spec: dict[str, Any]) -> None:
        """Fork it; the handler is imported with the first event."""
        self._channel, theirs = socket.socketpair()
        self._output, writes = os.pipe()
        os.set_blocking(self._output, False)
        self.stream: str = spec["environment"]["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.idle_since = time.monotonic()
        self.process = forks.fork(spec, channel=theirs, output=writes)
        theirs.close()
        os.close(writes)

    def invoke(self, message: dict[str, Any]) -> Outcome:
        """Run the handler once; the time-out is the function's own, in real time."""
        request_id, timeout = message["request_id"], message["timeout"]
        log = bytearray()
        deadline = time.monotonic() + timeout
        answer: dict[str, Any] | None = None
        timed_out = False
        try:
            body = json.dumps(message).encode()
            self._channel.settimeout(timeout)
            self._channel.sendall(_LENGTH.pack(len(body)) + body)
            answer = self._await(deadline, log)
        except TimeoutError:
            timed_out = True
        except OSError:
            pass
        if answer is not None:
            self._drain(log)
            return self._answered(answer, log)
        self.process.kill() if timed_out else self.process.ended.wait(5)
        self._drain(log)
        text = _timeout_text(timeout) if timed_out else self._exit_text()
        kind = "Sandbox.Timedout" if timed_out else "Runtime.ExitError"
        payload = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {text}"}
        log += f"RequestId: {request_id} Error: {text}\n".encode()
        return Outcome(payload, failed=True, log=_text(log), stream=self.stream, usable=False)

    def close(self) -> None:
        """End the process and give everything back."""
        self.process.kill()
        with contextlib.suppress(OSError):
            self._channel.close()
            os.close(self._output)

    def _answered(self, answer: dict[str, Any], log: bytearray) -> Outcome:
        if "error" in answer:
            kind = answer["error"]["errorType"]
            usable = kind == "Runtime.MarshalError" or not kind.startswith("Runtime.")
            return Outcome(
                answer["error"], failed=True, log=_text(log), stream=self.stream, usable=usable
            )
        return Outcome(
            answer["result"], failed=False, log=_text(log), stream=self.stream, usable=True
        )

    def _await(self, deadline: float, log: bytearray) -> dict[str, Any] | None:
        """Collect the answer while the output pipe is kept empty; None when the process ended."""
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                ready = {key.fileobj for key, _ in selector.select(left)}
                if self._output in ready and not self._drain(log):
                    selector.unregister(self._output)
                if self._channel in ready:
                    part = self._channel.recv(_CHUNK)
                    received += part
                    answer = _complete(received)
                    if answer is not None or not part:
                        return answer
        raise TimeoutError

    def _drain(self, log: bytearray) -> bool:
        """Take what lies in the output pipe; False at its end."""
        while True:
            try:
                part = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return True
            if not part:
                return False
            log += part

    def _exit_text(self) -> str:
        code = self.process.exit
        if code == 0:
            return "Runtime exited without providing a reason"
        if code is not None and code < 0:
            return "Runtime exited with error: signal: killed"
        return f"Runtime exited with error: exit status {code}"


def _complete(received: bytearray) -> dict[str, Any] | None:
    if len(received) < _LENGTH.size:
        return None
    size = _LENGTH.unpack_from(received)[0]
    if len(received) < _LENGTH.size + size:
        return None
    answer: dict[str, Any] = json.loads(received[_LENGTH.size :])
    return answer


def _timeout_text(timeout: float) -> str:
    return f"Task timed out after {timeout:.2f} seconds"


def _text(log: bytearray) -> str:
    return log.decode("utf-8", "replace")
