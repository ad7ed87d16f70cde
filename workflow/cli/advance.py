"""``lakescrub advance``: move the embedded stack's clock forward."""

from typing import Annotated

import typer

from workflow.cli.options import Endpoint
from workflow.cli.output import AsJson, print_json, say
from workflow.cli.stack_control import ask
from workflow.errors import UsageError
from workflow.policy import format_duration, parse_duration


def advance(
    span: Annotated[str, typer.Argument(help="How far, such as 90s, 5m, 12h, 30d or PT5M.")],
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Move the clock of the embedded stack forward.

    Timers that pass fall due at once.

    lakescrub advance 5m
    lakescrub advance 30d --endpoint-url http://127.0.0.1:4510
    """
    try:
        length = parse_duration(span)
    except ValueError as error:
        raise UsageError(str(error)) from None
    answer = ask(endpoint, "advance", {"seconds": length.total_seconds()})
    if as_json:
        print_json(answer)
    else:
        say(f"The stack's clock is moved by {format_duration(length)}.")
