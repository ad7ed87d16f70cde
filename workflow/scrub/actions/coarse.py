"""Generalize: a date to its month or year, a number to its bucket, each its own generalization."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import ClassVar, Final, Self

from workflow.errors import PolicyError
from workflow.scrub.actions.base import Action, refuse_unknown
from workflow.scrub.actions.calendar import read_day

_NUMBER: Final = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")
_SHORT_DATE: Final = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2]))?")
_DIGIT: Final = re.compile(r"[1-9]")
_EXACT: Final = Context(prec=5000)


class Generalize(Action):
    """Dates or numbers, made coarse."""

    name: ClassVar[str] = "generalize"

    def __init__(self, to: str | None, bucket: Decimal | None) -> None:
        """Keep the one option that is set."""
        self._to = to
        self._bucket = bucket

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read `to` (month or year) or `bucket` (a number above 0)."""
        refuse_unknown(cls.name, options, ("to", "bucket"))
        to, bucket = options.get("to"), options.get("bucket")
        if (to is None) == (bucket is None):
            raise PolicyError("generalize has either to or bucket")
        if to is not None and (not isinstance(to, str) or to not in ("month", "year")):
            raise PolicyError("generalize: to is month or year")
        return cls(to, None if bucket is None else _read_bucket(bucket))

    def on_day(self, value: dt.date) -> dt.date | None:
        """Return the first day of the month or year."""
        if self._to is None:
            return None
        return value.replace(day=1) if self._to == "month" else value.replace(month=1, day=1)

    def on_number(self, value: str) -> str | None:
        """Return the lower end of the number's bucket; None for one with too many digits.

        That may be the lower end, too: it must be a number that a second pass can read.
        """
        if self._bucket is None or not _NUMBER.fullmatch(value):
            return None
        # Whole numbers only: a quotient of decimals would be rounded.
        upper, lower = Decimal(value).as_integer_ratio()
        bucket_upper, bucket_lower = self._bucket.as_integer_ratio()
        count = (upper * bucket_lower) // (lower * bucket_upper)
        end = f"{_EXACT.multiply(Decimal(count), self._bucket):f}"
        return end if _NUMBER.fullmatch(end) else None

    def on_text(self, value: str) -> str | None:
        """Generalize the date or the number that the text spells."""
        if self._bucket is not None:
            return self.on_number(value)
        found = read_day(value)
        if found is None:
            return self._on_short_date(value)
        day, rest = found
        coarse = self.on_day(day)
        if coarse is None:
            return None
        return coarse.isoformat() + _midnight(rest)

    def on_utf8(self, value: memoryview) -> None:  # noqa: ARG002
        """Return nothing: what a long text spells is neither a date nor a number."""
        return

    def _on_short_date(self, value: str) -> str | None:
        match = _SHORT_DATE.fullmatch(value)
        if match is None:
            return None
        return value if self._to == "month" or match[2] is None else f"{match[1]}-01"


def _midnight(time: str) -> str:
    """Return a time of the same spelling, at 00:00; the zone stays, it belongs to the form."""
    zone = max(time.find("+"), time.find("-"))
    if zone < 0:
        return _DIGIT.sub("0", time)
    return _DIGIT.sub("0", time[:zone]) + time[zone:]


def _read_bucket(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:  # noqa: PLR2004
        raise PolicyError("generalize: bucket is a number above 0")
    return Decimal(str(value))
