"""The stack's side of the zygote: order worker processes and learn how they ended."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

_PATIENCE = 30.0


class Process:
    """One forked worker process."""

    def __init__(self, number: int) -> None:
        """Wait for the zygote's answer to order `number`."""
        self.number = number
        self.pid: int | None = None
        self.exit: int | None = None
        self.started = threading.Event()
        self.ended = threading.Event()

    def kill(self) -> None:
        """Kill the whole process group and wait until the zygote has seen the end."""
        if self.started.wait(_PATIENCE) and self.pid is not None and not self.ended.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.ended.wait(5)


class ForkServer:
    """The running zygote."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Start the process; it needs some tenths of a second before it answers.

        It outlives a stack that is killed for a moment, and removes the stack's `folder` then.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control = ours
        self._lock = threading.Lock()
        self._processes: dict[int, Process] = {}
        self._orders = 0
        script = pathlib.Path(__file__).with_name("zygote.py")
        self._zygote = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-I", str(script), str(theirs.fileno()), str(folder)],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        )
        theirs.close()
        self._reader = threading.Thread(target=self._read, name="lakescrub-forks", daemon=True)
        self._reader.start()

    def fork(self, spec: dict[str, Any], *, channel: socket.socket, output: int) -> Process:
        """Order one worker; the call does not wait for it."""
        with self._lock:
            self._orders += 1
            process = Process(self._orders)
            self._processes[process.number] = process
            order = json.dumps({"id": process.number, "spec": spec}).encode()
            head = len(order).to_bytes(4, "big")
            try:
                socket.send_fds(self._control, [head], [channel.fileno(), output])
                self._control.sendall(order)
            except OSError:  # the stack is being stopped
                process.started.set()
                process.ended.set()
        return process

    def stop(self) -> None:
        """Close the socket: the zygote kills the workers and ends."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._zygote.wait(10)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()
        self._reader.join(5)
        self._control.close()
        for process in self._processes.values():
            process.started.set()
            process.ended.set()

    def _read(self) -> None:
        with self._control.makefile("rb") as answers, contextlib.suppress(OSError):
            for line in answers:
                self._note(json.loads(line))

    def _note(self, message: dict[str, Any]) -> None:
        process = self._processes[message["id"]]
        if "pid" in message:
            process.pid = message["pid"]
            process.started.set()
        else:
            process.exit = message["exit"]
            process.ended.set()
            del self._processes[message["id"]]
