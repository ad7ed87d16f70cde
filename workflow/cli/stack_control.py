"""Talk to a running embedded stack over its own HTTP API."""

import json
import urllib.error
import urllib.request
from typing import Any

from workflow.errors import NotFound, UsageError

_PATIENCE = 60


def ask(endpoint: str | None, path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call `/_lakescrub/<path>`: POST where there is data, GET otherwise.

    Raises:
        UsageError: No endpoint was given, or it is no address.
        NotFound: Nothing answers there, or not an embedded stack.
    """
    if not endpoint or not endpoint.startswith(("http://", "https://")):
        raise UsageError("say where the stack is: --endpoint-url http://..., or AWS_ENDPOINT_URL")
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        f"{endpoint.rstrip('/')}/_lakescrub/{path}",
        data=None if data is None else json.dumps(data).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - ditto
            found: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError, urllib.error.URLError):
        raise NotFound(
            f"no embedded stack answers at {endpoint}: start it with lakescrub up"
        ) from None
    return found
