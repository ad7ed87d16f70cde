"""Dates in text: ISO 8601 with a day, and perhaps a time behind it."""

import datetime as dt
import re
from typing import Final

_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ][0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,12})?)?"
    r"(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)


def read_day(text: str) -> tuple[dt.date, str] | None:
    """Return the day of a date and what stands behind it, None if it is no date."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    try:
        return dt.date.fromisoformat(match[1]), match[2] or ""
    except ValueError:
        return None
