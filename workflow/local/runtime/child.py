"""What runs inside a function's worker process, from the fork to its end.

It answers as the managed Python runtime (awslambdaric) does: the error type is the class name of
the exception, an import that fails is Runtime.ImportModuleError, a result that is not JSON is
Runtime.MarshalError. Messages on the channel are JSON with a length in front.
"""

import contextlib
import datetime as dt
import importlib
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

_LENGTH = struct.Struct(">I")
Handler = Callable[[Any, "LambdaContext"], Any]


class LambdaContext:
    """The second argument of every handler."""

    def __init__(self, message: dict[str, Any]) -> None:
        """Take the facts of one invocation."""
        self.aws_request_id: str = message["request_id"]
        self.invoked_function_arn: str = message["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + message["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Tell how long the invocation may still run."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def run(spec: dict[str, Any], *, channel: int, output: int) -> NoReturn:
    """Become the worker that `spec` describes and serve invocations; never returns."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(spec["environment"])
    time.tzset()
    os.chdir(spec["task_root"])
    sys.path[0] = spec["task_root"]
    sys.argv = ["lambda"]
    status = 0
    try:
        _serve(socket.socket(fileno=channel), spec)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - the runtime's own failure ends the process
        traceback.print_exc()
        status = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(status)


def _serve(channel: socket.socket, spec: dict[str, Any]) -> None:
    clock = _Clock()
    _end_with_the_stack(spec["parent"])
    handler: Handler | None = None
    while (message := _receive(channel)) is not None:
        clock.move_to(message["offset"])
        os.environ["_X_AMZN_TRACE_ID"] = message["trace"]
        failure = None
        if handler is None:
            handler, failure = _load(spec["handler"])
        answer = failure or _invoke(handler, message)
        sys.stdout.flush()
        sys.stderr.flush()
        _send(channel, answer)
        if handler is None:
            raise SystemExit(1)


def _invoke(handler: Handler | None, message: dict[str, Any]) -> dict[str, Any]:
    assert handler is not None
    try:
        result = handler(message["event"], LambdaContext(message))
    except Exception as error:  # noqa: BLE001 - the runtime reports whatever the handler raises
        return _failure(error, request_id=message["request_id"])
    try:
        return {"result": json.dumps(result, default=_decimal)}
    except Exception as error:  # noqa: BLE001 - ditto
        return _report(
            "Runtime.MarshalError",
            f"Unable to marshal response: {error}",
            request_id=message["request_id"],
            trace=[],
        )


def _load(name: str) -> tuple[Handler | None, dict[str, Any] | None]:
    """Import the handler as awslambdaric does, or say why that is impossible."""
    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
        return getattr(module, function_name), None
    except ImportError as error:
        text = f"Unable to import module '{module_name}': {error}"
        return None, _report("Runtime.ImportModuleError", text, trace=[])
    except SyntaxError as error:
        text = f"Syntax error in module '{module_name}': {error}"
        return None, _report("Runtime.UserCodeSyntaxError", text, trace=[])
    except AttributeError:
        text = f"Handler '{function_name}' missing on module '{module_name}'"
        return None, _report("Runtime.HandlerNotFound", text, trace=[])
    except Exception as error:  # noqa: BLE001 - an error at import has its own class name too
        return None, _failure(error)


def _failure(error: Exception, *, request_id: str = "") -> dict[str, Any]:
    own = __file__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != own]
    trace = traceback.format_list(frames)
    return _report(type(error).__name__, str(error), request_id=request_id, trace=trace)


def _report(kind: str, text: str, *, trace: list[str], request_id: str = "") -> dict[str, Any]:
    lines = [f"[ERROR] {kind}: {text}"]
    if trace:
        lines += ["Traceback (most recent call last):", "".join(trace).rstrip("\n")]
    sys.stdout.write("\n".join(lines) + "\n")
    return {
        "error": {
            "errorMessage": text,
            "errorType": kind,
            "requestId": request_id,
            "stackTrace": trace,
        }
    }


def _decimal(value: object) -> object:
    if type(value).__name__ == "Decimal":
        return float(str(value))
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


class _Clock:
    """The stack's time inside this process; untouched until it was moved once."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._traveller: Any = None

    def move_to(self, offset: float) -> None:
        delta = offset - self._offset
        if not delta:
            return
        self._offset = offset
        if self._traveller is not None:
            self._traveller.shift(delta)
            return

        import time_machine

        target = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=delta)
        self._traveller = time_machine.travel(target, tick=True).start()


def _end_with_the_stack(parent: int) -> None:
    """End this process group when its parent has gone, even in the middle of a handler."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        with contextlib.suppress(OSError):
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="lakescrub-watch", daemon=True).start()


def _receive(channel: socket.socket) -> dict[str, Any] | None:
    head = _read(channel, _LENGTH.size)
    if head is None:
        return None
    body = _read(channel, _LENGTH.unpack(head)[0])
    return None if body is None else json.loads(body)


def _read(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _send(channel: socket.socket, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    channel.sendall(_LENGTH.pack(len(body)) + body)
