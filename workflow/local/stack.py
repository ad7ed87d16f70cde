"""The embedded stack as one object: start it, use it, stop it."""

import contextlib
import gc
import pathlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

from workflow.errors import LakescrubError
from workflow.local import emulator
from workflow.local.calls import Call
from workflow.local.clients import Clients
from workflow.local.clock import CLOCK
from workflow.local.control import Control
from workflow.local.deploy.deployment import (
    DEFAULT_STACK,
    Deployed,
    deploy,
    read_template,
)
from workflow.local.faults import Fault
from workflow.local.gateway import Gateway
from workflow.local.host import Host, bound_socket
from workflow.local.runtime.pool import Pool
from workflow.local.runtime.task_root import TaskRoots
from workflow.local.seams import Action, Interception, Pause, Seams
from workflow.local.sources.mappings import Mappings
from workflow.policy import read_policies

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
REGION = "us-east-1"
Template = pathlib.Path | dict[str, Any]
_ALONE = threading.Lock()
_SETTLE_SECONDS = 2.0


def _temporary_folder() -> pathlib.Path:
    try:
        return pathlib.Path(tempfile.mkdtemp(prefix="lakescrub-"))
    except OSError as error:
        raise LakescrubError(
            f"no temporary folder can be made ({error.strerror}): set TMPDIR to a writable one"
        ) from None


@contextlib.contextmanager
def _unhurried_collector() -> Iterator[None]:
    """Loading the emulators makes many objects that stay: looking through them only costs time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class EmbeddedStack:
    """The whole system in this process, behind one port."""

    def __init__(self, *, host: Host, pool: Pool, folder: pathlib.Path, seams: Seams) -> None:
        """Use `EmbeddedStack.start`."""
        self.endpoint = f"http://127.0.0.1:{host.port}"
        self.region = REGION
        self.seams = seams
        self.clients = Clients(self.endpoint, region=REGION)
        self.deployed = Deployed(name="", outputs={}, resources={})
        self.closing: list[Any] = []
        self._mappings: Mappings | None = None
        self._host = host
        self._pool = pool
        self._folder = folder

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        datasets: pathlib.Path | None = None,
        template: Template | None = None,
        source: pathlib.Path = REPOSITORY,
        name: str = DEFAULT_STACK,
        prepare: Callable[[Clients], None] | None = None,
    ) -> Self:
        """Serve on a port (0: a free one) and deploy a template (default: the committed one).

        Args:
            port: The port; 0 for a free one.
            datasets: The policy file that the functions see.
            template: A CloudFormation template: a file, or its content.
            source: The folder that holds `functions/` and `workflow/` of the functions.
            name: The CloudFormation stack's name.
            prepare: Called before the template is deployed: makes what it takes for granted.

        Raises:
            PortInUse: Another program has the port.
            PolicyError: The policy file cannot be used.
            DeploymentFailed: The template cannot be deployed.
            LakescrubError: No temporary folder can be made.
        """
        chosen = (datasets or REPOSITORY / "datasets.yaml").resolve()
        read_policies(chosen)
        emulator.check_versions()
        listening = bound_socket(port)
        if not _ALONE.acquire(blocking=False):
            listening.close()
            raise RuntimeError("this process already holds an embedded stack")
        with contextlib.ExitStack() as undo:
            undo.callback(_ALONE.release)
            undo.callback(listening.close)
            folder = _temporary_folder()
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            pool = Pool(TaskRoots(folder, source=source, datasets=chosen))
            undo.callback(pool.stop)
            stack = cls._assembled(listening, pool=pool, folder=folder)
            undo.pop_all()
        try:
            stack._host.start()
            if prepare is not None:
                prepare(stack.clients)
            stack._begin(template, name)
        except BaseException:
            stack.stop()
            raise
        return stack

    @classmethod
    def _assembled(cls, listening: socket.socket, *, pool: Pool, folder: pathlib.Path) -> Self:
        from workflow.local.assembly import assemble

        with _unhurried_collector():
            application, identity = assemble(
                pool, port=listening.getsockname()[1], region=REGION, folder=folder
            )
        seams, control = Seams(), Control()
        gateway = Gateway(application, seams=seams, control=control, identity=identity)
        host = Host(gateway, listening=listening)
        stack = cls(host=host, pool=pool, folder=folder, seams=seams)
        control.status, control.advance = stack.status, stack.advance
        return stack

    def __enter__(self) -> Self:
        """Stop at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def outputs(self) -> dict[str, str]:
        """The stack outputs of the template."""
        return self.deployed.outputs

    @property
    def calls(self) -> list[Call]:
        """Every call that went through the port so far."""
        return list(self.seams.calls)

    @property
    def invocations(self) -> int:
        """How many invocations of functions are under way."""
        return self._pool.busy()

    def client(self, service: str) -> Any:
        """A boto3 client of the account (not of a role)."""
        return self.clients.get(service)

    def advance(self, seconds: float) -> float:
        """Move the stack's time forward; returns how far it is ahead of the real one.

        Batches of messages that are being processed are given a moment to end first: their
        visibility time-out would pass in the jump, and the messages would come again.
        """
        if self._mappings is not None:
            self._mappings.settle(_SETTLE_SECONDS)
        return CLOCK.advance(seconds)

    def refresh_sources(self) -> None:
        """Follow new event source mappings now; otherwise it takes a second or two."""
        if self._mappings is not None:
            self._mappings.refresh()

    def status(self) -> dict[str, Any]:
        """Every name that a client of the stack needs."""
        return {
            "endpoint": self.endpoint,
            "region": self.region,
            "stack": self.deployed.name,
            "offset": CLOCK.offset,
            "outputs": self.outputs,
        }

    def intercept(
        self,
        *,
        action: Action | Fault | float,
        function: str = "",
        **rule: Any,
    ) -> Interception:
        """Act on calls that pass the port; `function` may be an output's name.

        See `Seams.intercept` for the other arguments.
        """
        caller = self.outputs.get(function, function).rsplit(":", 1)[-1]
        return self.seams.intercept(action=action, caller=caller, **rule)

    def pause(self, *, fault: Fault | None = None, **rule: Any) -> Pause:
        """Stop the first matching call; `wait()` for it and `release()` it."""
        pause = Pause(fault=fault)
        pause.rule = self.intercept(action=pause, times=1, **rule)
        return pause

    def kill_workers(self, function: str = "*") -> int:
        """Kill the processes that run a function now; returns how many there were."""
        return self._pool.kill(self.outputs.get(function, function).rsplit(":", 1)[-1])

    def stop(self) -> None:
        """End the server, every process and every thread, and remove the temporary folder."""
        for part in reversed(self.closing):
            part.stop()
        self.seams.clear()
        self._pool.stop()
        self._host.stop()
        self.clients.close()
        CLOCK.reset()
        shutil.rmtree(self._folder, ignore_errors=True)
        _ALONE.release()

    def _begin(self, template: Template | None, name: str) -> None:
        from workflow.local.assembly import connect

        for part in connect(self.clients):
            self._keep(part)
        body = read_template(template or REPOSITORY / "infra" / "lakescrub-dev.template.json")
        self.deployed = deploy(self.clients, body, name=name)
        self._mappings = self._keep(Mappings(self.clients))
        self._mappings.refresh()

    def _keep(self, part: Any) -> Any:
        self.closing.append(part)
        part.start()
        return part
