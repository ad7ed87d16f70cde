"""Settings read one by one: what cannot be read is told, and stops nothing."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from workflow.aws.faults import error_code, translated
from workflow.doctor.findings import Unread
from workflow.errors import AccessDenied

T = TypeVar("T")


def read(
    permission: str, ask: Callable[[], T], *, absent: Mapping[str, T] | None = None
) -> T | Unread:
    """Ask for a setting.

    Args:
        permission: The IAM action that it takes.
        ask: Reads it.
        absent: What the setting is where the service answers with one of these error codes.
    """
    failure: Exception
    try:
        return ask()
    except ClientError as error:
        if absent is not None and error_code(error) in absent:
            return absent[error_code(error)]
        failure = error
    except BotoCoreError as error:
        failure = error
    told = translated(failure, permission)
    if isinstance(told, AccessDenied):
        return Unread(f"your permission {permission} is missing")
    return Unread(str(told))


def plain(answer: Any) -> dict[str, Any]:
    """Leave out what is about the answer, not in it."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
