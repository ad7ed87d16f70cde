"""Actions with a secret key: hash, date_shift. Without it nobody can try values one by one."""

import datetime as dt
import hmac
import re
from collections.abc import Mapping
from typing import ClassVar, Self

from workflow.errors import PolicyError
from workflow.scrub.actions.base import Action, Key, Utf8, refuse_unknown, whole_number
from workflow.scrub.actions.calendar import read_day
from workflow.scrub.actions.mac import Mac

_MAC, _TAG = 32, 16  # hex digits


class Hash(Action):
    """Text becomes a token: equal texts give equal tokens, and nothing leads back.

    `hmac1.<key id>.<HMAC of the text>.<HMAC of the token so far>`. The last part proves that the
    token is ours, so a text that is one is left alone; a text that only looks like one is hashed.
    """

    name: ClassVar[str] = "hash"
    needs_key: ClassVar[bool] = True

    def __init__(self, key: Key | None = None) -> None:
        """Keep the key."""
        secret = b"" if key is None else key.secret
        self._prefix = "" if key is None else f"hmac1.{key.key_id}."
        self._of_value = Mac(secret, b"value\0")
        self._of_token = Mac(secret, b"token\0" + self._prefix.encode())
        self._token = re.compile(
            re.escape(self._prefix) + rf"([0-9a-f]{{{_MAC}}})\.([0-9a-f]{{{_TAG}}})"
        )

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Build the action; the key comes with the call of `scrub()`, never from a policy."""
        refuse_unknown(cls.name, options, ())
        return cls()

    def with_key(self, key: Key) -> Self:
        """Return the action with its key."""
        return type(self)(key)

    def on_text(self, value: str) -> str:
        """Return the token of the text, or the text if it is a token of this key."""
        if value.startswith(self._prefix) and self._is_token(value):
            return value
        return self._token_of(value.encode("utf-8", "surrogatepass"))

    def _token_of(self, value: bytes | memoryview) -> str:
        digits = self._of_value.hex(value)[:_MAC]
        return f"{self._prefix}{digits}.{self._of_token.hex(digits.encode())[:_TAG]}"

    def on_utf8(self, value: memoryview) -> Utf8:
        """Return the token of a long text, which is none itself."""
        return self._token_of(value).encode()

    def _is_token(self, value: str) -> bool:
        match = self._token.fullmatch(value)
        if match is None:
            return False
        return hmac.compare_digest(match[2], self._of_token.hex(match[1].encode())[:_TAG])


class DateShift(Action):
    """A date moves by fewer than `days` days, by an amount that only the key tells.

    To be a projection, the shift leads to a fixed point: the calendar is cut into windows of `days`
    days (where they start depends on the key), and every date of a window moves to the one day of
    it that the key chooses. So distances are kept only between windows. The time of day stays.
    """

    name: ClassVar[str] = "date_shift"
    needs_key: ClassVar[bool] = True
    keeps_time: ClassVar[bool] = True
    _MAX_DAYS: ClassVar[int] = 36_525

    def __init__(self, days: int, key: Key | None = None) -> None:
        """Keep the width of a window and the key."""
        self._days = days
        self._secret = b"" if key is None else key.secret
        self._phase = self._draw("phase") if key is not None else 0
        self._chosen: dict[int, int] = {}

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read `days`, the width of a window."""
        refuse_unknown(cls.name, options, ("days",))
        days = whole_number(cls.name, options, "days", 30)
        if not 1 < days <= cls._MAX_DAYS:
            raise PolicyError(f"date_shift: days is from 2 to {cls._MAX_DAYS}")
        return cls(days)

    def with_key(self, key: Key) -> Self:
        """Return the action with its key."""
        return type(self)(self._days, key)

    def on_day(self, value: dt.date) -> dt.date:
        """Return the chosen day of the window that the day is in."""
        window = (value.toordinal() + self._phase) // self._days
        if window not in self._chosen:
            self._chosen[window] = self._draw(str(window))
        chosen = window * self._days - self._phase + self._chosen[window]
        # The first and the last window of the calendar are cut off by its ends.
        return dt.date.fromordinal(min(max(chosen, 1), dt.date.max.toordinal()))

    def on_text(self, value: str) -> str | None:
        """Shift an ISO 8601 date, with or without a time."""
        found = read_day(value)
        if found is None:
            return None
        day, rest = found
        return self.on_day(day).isoformat() + rest

    def on_utf8(self, value: memoryview) -> None:  # noqa: ARG002
        """Return nothing: what a long text spells is no date."""
        return

    def _draw(self, what: str) -> int:
        digest = hmac.digest(self._secret, f"date_shift\0{self._days}\0{what}".encode(), "sha256")
        return int.from_bytes(digest[:8]) % self._days
