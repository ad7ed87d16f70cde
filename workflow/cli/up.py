"""``lakescrub up``: run the embedded stack until Ctrl-C."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from workflow.cli.options import DEFAULT_STACK, Stack
from workflow.cli.output import AsJson, print_json, say

_DEFAULT_PORT = 4510
_LOOK_SECONDS = 0.5


def up(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes a free one.")
    ] = _DEFAULT_PORT,
    datasets: Annotated[
        Path | None, typer.Option(envvar="LAKESCRUB_POLICY", help="The policy file.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option(help="A CloudFormation template; default: the committed one.")
    ] = None,
    stack: Stack = DEFAULT_STACK,
    as_json: AsJson = False,
) -> None:
    """Run the whole system on this machine until Ctrl-C.

    No AWS account is needed.

    lakescrub up
    lakescrub up --port 0 --json
    """
    from workflow.local.stack import EmbeddedStack  # noqa: PLC0415 -- loads the emulators

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with EmbeddedStack.start(
        port=port, datasets=datasets, template=template, name=stack
    ) as running:
        if as_json:
            print_json(running.status())
        else:
            _print_exports(running.endpoint, running.region)
        # Not for ever: a signal that the kernel gives to another thread wakes nobody here.
        while not ended.wait(_LOOK_SECONDS):
            pass
        say("stopping")


def _print_exports(endpoint: str, region: str) -> None:
    say(f"The embedded stack runs at {endpoint} until you press Ctrl-C.")
    say("Paste this into another terminal:")
    for name, value in (
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", region),
    ):
        typer.echo(f"export {name}={value}")
