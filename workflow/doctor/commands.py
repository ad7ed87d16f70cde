"""Command lines of the AWS CLI, to paste into a shell."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

# Linux takes no argument above 128 KiB; what is long goes by way of standard input.
_LONG = 100_000
_END = "END"


def aws(service: str, operation: str, **options: Any) -> str:
    """Write a command line.

    A string is taken as it is, a tuple as several words, True as a flag, anything else as JSON.
    """
    words, given = ["aws", service, operation], ""
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}")
        if value is True:
            continue
        if isinstance(value, str | tuple):
            words += [value] if isinstance(value, str) else value
            continue
        text = json.dumps(value, default=_as_text)
        if len(text) > _LONG:
            given = f" <<'{_END}'\n{text}\n{_END}"
            text = "file:///dev/stdin"
        words.append(text)
    return f"{shlex.join(words)}{given}"


def _as_text(value: Any) -> Any:
    """Write what boto3 reads and JSON does not know: times."""
    return value.isoformat()


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence; a long one is cut."""
    shown = 5
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"


def without(settings: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Give the settings without those names."""
    return {name: value for name, value in settings.items() if name not in names}
