"""Put the pieces together: load the emulators and install every shim."""

import pathlib
import sys
from collections.abc import Callable
from typing import Protocol

from workflow.local import emulator
from workflow.local.analytics import Analytics
from workflow.local.clients import Clients
from workflow.local.host import Application
from workflow.local.machine import lean_import
from workflow.local.runtime.pool import Pool


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
    from workflow.local.deploy import provisioned
    from workflow.local.machine import bridge, executions, history, resuming, timing
    from workflow.local.shims import (
        clocked_loops,
        dynamodb_ttl,
        event_source_mappings,
        iam_requests,
        lambda_runtime,
        request_time,
        s3_copies,
        s3_event_bridge,
        s3_ranges,
        s3_upload_tags,
        s3_version_tags,
        s3_whole_checksums,
    )

    if again:
        emulator.reset(application)
        emulator.move_to_port(port)
        bridge.reset()
    lambda_runtime.install(pool, endpoint=f"http://127.0.0.1:{port}")
    for shim in (
        clocked_loops,
        event_source_mappings,
        dynamodb_ttl,
        iam_requests,
        request_time,
        s3_copies,
        s3_event_bridge,
        s3_ranges,
        s3_upload_tags,
        s3_version_tags,
        s3_whole_checksums,
        provisioned,
    ):
        shim.install()
    bridge.install(region=region)
    for part in (timing, resuming, executions, history):
        part.install()
    return application.app, _identity


def connect(clients: Clients) -> list[Part]:
    """Install what needs clients of the running stack; returns what is to be started."""
    import ministack.app

    from workflow.local.machine import calling
    from workflow.local.shims import dynamodb_ttl

    calling.install(clients)
    analytics = Analytics(clients=clients)
    analytics.mount(ministack.app.SERVICE_HANDLERS)
    return [dynamodb_ttl.Sweeper(), analytics]


def _identity(access_key: str) -> tuple[str, str]:
    """Role name and session name behind an access key; empty for the account itself."""
    from ministack.services import sts

    session = sts._sessions.get(access_key)
    if session is None:
        return "", ""
    _, role, name = session["Arn"].rsplit("/", 2)
    return role, name
