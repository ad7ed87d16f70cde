"""What the physical values of a leaf mean to an action, and the way back.

A leaf is text, a number, a boolean, a day (with or without a time), or bytes of no meaning to us.
Each kind knows how to ask an action for one value; None means null. A result that the leaf's type
cannot hold (a bucket below zero in an unsigned column, a day out of range) is null as well.

Source: LogicalTypes.md of apache/parquet-format.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from workflow.scrub.actions.base import Action

EPOCH = dt.date(1970, 1, 1).toordinal()
_JULIAN_EPOCH = 2_440_588
DAY_SECONDS = 86_400


class Kind(Protocol):
    """How to ask an action for a physical value, and a row test about it."""

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        ...

    def ask(self, action: Action, value: Any) -> Any:
        """Return the new physical value, None for null."""
        ...

    def spell(self, value: Any) -> str | bool | Decimal | None:
        """Return the value as a row test compares it; None where it cannot."""
        ...


class Text(NamedTuple):
    """UTF-8 in a BYTE_ARRAY; bytes that are not UTF-8 are asked as bytes."""

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_text", "on_binary")

    def ask(self, action: Action, value: bytes) -> bytes | None:
        """Ask for a text."""
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            return action.on_binary(value)
        new = action.on_text(text)
        return None if new is None else new.encode("utf-8", "replace")

    def spell(self, value: bytes) -> str | None:
        """Return the text."""
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return None


class Opaque(NamedTuple):
    """Bytes, a UUID, a time, an interval: no action but the general ones fits.

    Attributes:
        sized: Whether all values must have one size, so that they cannot be emptied.
    """

    sized: bool

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_binary",)

    def ask(self, action: Action, value: Any) -> Any:
        """Ask for bytes."""
        if self.sized or not isinstance(value, bytes):
            return None
        return action.on_binary(value)

    def spell(self, value: Any) -> None:  # noqa: ARG002
        """Return nothing that could be compared."""
        return


class Boolean(NamedTuple):
    """True or false."""

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_boolean",)

    def ask(self, action: Action, value: bool) -> bool | None:
        """Ask for a boolean."""
        return action.on_boolean(value)

    def spell(self, value: bool) -> bool:
        """Return the boolean."""
        return value


class Day(NamedTuple):
    """A DATE, a TIMESTAMP or an INT96.

    Attributes:
        ticks: Ticks of a second; 0 for a DATE, -1 for an INT96.
    """

    ticks: int

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_day",)

    def ask(self, action: Action, value: int | bytes) -> int | bytes | None:
        """Ask for a day; the time of day stays or becomes 00:00."""
        if isinstance(value, bytes):
            return self._ask_int96(action, value)
        per_day = self.ticks * DAY_SECONDS or 1
        day, time = divmod(value, per_day)
        new = _ask_day(action, day)
        if new is None:
            return None
        moved = new * per_day + (time if action.keeps_time else 0)
        bits = 63 if self.ticks else 31
        return moved if -(1 << bits) <= moved < 1 << bits else None

    def _ask_int96(self, action: Action, value: bytes) -> bytes | None:
        time, day = value[:8], int.from_bytes(value[8:], "little", signed=True)
        new = _ask_day(action, day - _JULIAN_EPOCH)
        if new is None:
            return None
        return (time if action.keeps_time else bytes(8)) + (new + _JULIAN_EPOCH).to_bytes(
            4, "little", signed=True
        )

    def spell(self, value: int | bytes) -> str | None:
        """Return the day, and the time where there is one, in ISO 8601."""
        if isinstance(value, bytes):
            day = int.from_bytes(value[8:], "little", signed=True) - _JULIAN_EPOCH
            ticks, time = 1_000_000_000, int.from_bytes(value[:8], "little", signed=True)
        else:
            ticks = self.ticks
            day, time = divmod(value, ticks * DAY_SECONDS or 1)
        try:
            date = dt.date.fromordinal(day + EPOCH)
        except (ValueError, OverflowError):
            return None
        return f"{date.isoformat()}{_clock(time, ticks)}" if ticks else date.isoformat()


def _ask_day(action: Action, day: int) -> int | None:
    try:
        date = dt.date.fromordinal(day + EPOCH)
        new = action.on_day(date)
    except (ValueError, OverflowError):
        return None
    return None if new is None else new.toordinal() - EPOCH


def _clock(time: int, ticks: int) -> str:
    seconds, rest = divmod(time, ticks)
    digits = len(str(ticks)) - 1
    return f"T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:0{digits}}"
