"""Put the pieces together: load the emulators and install every shim."""

import importlib
import pathlib
import sys
from collections.abc import Callable
from typing import Protocol

from workflow.local import emulator
from workflow.local.analytics import Analytics
from workflow.local.clients import Clients
from workflow.local.host import Application
from workflow.local.lake_formation import LakeFormation
from workflow.local.machine import lean_import
from workflow.local.runtime.pool import Pool

# Imported once the emulators have read their settings.
_REPAIRS = (
    "deploy.provisioned",
    "machine.executions",
    "machine.history",
    "machine.json_paths",
    "machine.resuming",
    "machine.timing",
    "shims.clocked_loops",
    "shims.dynamodb_ttl",
    "shims.event_source_mappings",
    "shims.iam_requests",
    "shims.request_time",
    "shims.s3_copies",
    "shims.s3_event_bridge",
    "shims.s3_mfa_delete",
    "shims.s3_ranges",
    "shims.s3_upload_tags",
    "shims.s3_version_tags",
    "shims.s3_whole_checksums",
    "shims.secret_references",
)


class Part(Protocol):
    """Something that runs while the stack does."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


def assemble(
    pool: Pool, *, port: int, region: str, folder: pathlib.Path
) -> tuple[Application, Callable[[str], tuple[str, str]]]:
    """Load ministack, install the shims, and return the application and its identity look-up."""
    again = "ministack.app" in sys.modules
    application = emulator.load(port, region=region, folder=folder)
    lean_import.prepare()
    from workflow.local.machine import bridge
    from workflow.local.shims import lambda_runtime

    if again:
        emulator.reset(application)
        emulator.move_to_port(port)
        bridge.reset()
    lambda_runtime.install(pool, endpoint=f"http://127.0.0.1:{port}")
    bridge.install(region=region)
    for name in _REPAIRS:
        importlib.import_module(f"workflow.local.{name}").install()
    return application.app, _identity


def connect(clients: Clients) -> list[Part]:
    """Install what needs clients of the running stack; returns what is to be started."""
    import ministack.app

    from workflow.local.machine import calling
    from workflow.local.shims import dynamodb_ttl

    calling.install(clients)
    analytics = Analytics(clients=clients)
    analytics.mount(ministack.app.SERVICE_HANDLERS)
    LakeFormation(clients).mount(ministack.app.SERVICE_HANDLERS)
    return [dynamodb_ttl.Sweeper(), analytics]


def _identity(access_key: str) -> tuple[str, str]:
    """Role name and session name behind an access key; empty for the account itself."""
    from ministack.services import sts

    session = sts._sessions.get(access_key)
    if session is None:
        return "", ""
    _, role, name = session["Arn"].rsplit("/", 2)
    return role, name
