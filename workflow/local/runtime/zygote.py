"""The parent of all function workers: a small process that has imported the libraries already.

Strategy: a Lambda worker that starts from nothing spends its first half second importing boto3
and pydantic. This process imports them once, has a single thread, and forks a worker for each
order that comes over its socket: ``{"id": ..., "spec": {...}}`` with two file descriptors (the
worker's channel and its output pipe). It answers ``{"id", "pid"}`` and later ``{"id", "exit"}``.
It runs as a file of its own (``python -I zygote.py FD FOLDER``), so the code of the functions and
of lakescrub itself is never imported here: a worker imports it fresh from its task root.
When the socket closes, however the stack ended, every worker is killed and its folder removed.
"""

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import pathlib
import selectors
import shutil
import signal
import socket
import sys
from typing import Any

_PRELOAD = (
    "aws_lambda_powertools",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.typing",
    "boto3",
    "botocore.httpsession",
    "botocore.session",
    "decimal",
    "isal.igzip",
    "pydantic",
    "time_machine",
    "urllib3",
    "yaml",
    "zstandard",
)


def main(descriptor: int, folder: str) -> None:
    """Serve fork orders until the stack's end of the socket closes; then clean up."""
    control = socket.socket(fileno=descriptor)
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    for name in _PRELOAD:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    child = _load_child()
    gc.freeze()
    workers: dict[int, int] = {}
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake_read, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if wake_read in ready:
                os.read(wake_read, 4096)
                _report_exits(control, workers)
            if control in ready and not _take_order(control, workers, child):
                break
    for pid in list(workers):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _load_child() -> Any:
    path = pathlib.Path(__file__).with_name("child.py")
    spec = importlib.util.spec_from_file_location("_lakescrub_child", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules["_lakescrub_child"] = module
    spec.loader.exec_module(module)
    return module


def _take_order(control: socket.socket, workers: dict[int, int], child: Any) -> bool:
    """Fork one worker; False when the stack is gone."""
    try:
        head, descriptors, _, _ = socket.recv_fds(control, 4, 2)
        text = control.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if head else b""
    except OSError:
        return False
    if not text:
        return False
    order = json.loads(text)
    channel, output = descriptors
    spec = order["spec"] | {"parent": os.getpid()}
    pid = os.fork()
    if pid == 0:
        control.close()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        child.run(spec, channel=channel, output=output)
    os.close(channel)
    os.close(output)
    workers[pid] = order["id"]
    _tell(control, {"id": order["id"], "pid": pid})
    return True


def _report_exits(control: socket.socket, workers: dict[int, int]) -> None:
    while workers:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in workers:
            _tell(control, {"id": workers.pop(pid), "exit": os.waitstatus_to_exitcode(status)})


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        control.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
