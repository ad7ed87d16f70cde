"""What one check found, and a setting that could not be read."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Severity(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done: a warning is worth knowing, no more."""
        return self in (Severity.OK, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: Its name.
        severity: How much it matters.
        what: The finding, as a sentence.
        commands: Command lines that mend it, in their order.
        hint: What is to be done where no command of the AWS CLI does it.
    """

    check: str
    severity: Severity
    what: str
    commands: tuple[str, ...] = ()
    hint: str | None = None

    def at(self, endpoint_url: str) -> Self:
        """Let the commands go to an endpoint: without it they would change what is on AWS."""
        place = f"aws --endpoint-url {shlex.quote(endpoint_url)} "
        there = tuple(f"{place}{each.removeprefix('aws ')}" for each in self.commands)
        return replace(self, commands=there)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Unread:
    """A setting that could not be read, and why."""

    reason: str


def judged(
    check: str, setting: "T | Unread", judge: Callable[[T], Iterable[Finding]]
) -> Iterator[Finding]:
    """Judge a setting where it could be read."""
    if isinstance(setting, Unread):
        yield Finding(check, Severity.UNKNOWN, f"not checked: {setting.reason}")
    else:
        yield from judge(setting)
