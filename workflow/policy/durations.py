"""Lengths of time as people write them: ``90s``, ``5m``, ``12h``, ``30d`` or ISO 8601."""

import re
from datetime import timedelta

_SHORT = re.compile(r"(?P<count>[0-9]+)(?P<unit>[smhd])")
_ISO_8601 = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]+)W)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+)S)?)?"
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=36_500)
# One pattern for editors; the two above say which number is which.
PATTERN = r"^([0-9]+[smhd]|P(?=.)([0-9]+W)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+S)?)?)$"


def parse_duration(text: str) -> timedelta:
    """Read a length of time.

    Years and months of ISO 8601 are refused: their length depends on the calendar.

    Raises:
        ValueError: The text is no length of time, or is longer than a hundred years.
    """
    parts = _parts(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a length of time such as 90s, 5m, 12h, 30d or PT5M")
    try:
        length = timedelta(**parts)
    except OverflowError:
        length = timedelta.max
    if length > _LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return length


def format_duration(length: timedelta) -> str:
    """Write a length of time in the largest unit that keeps it whole."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _parts(text: str) -> dict[str, int] | None:
    # Digits beyond these overflow timedelta anyway, and int() refuses absurdly long texts.
    short_enough = re.sub(r"[0-9]{13,}", "9" * 12, text)
    if match := _SHORT.fullmatch(short_enough):
        return {_UNITS[match["unit"]]: int(match["count"])}
    if match := _ISO_8601.fullmatch(short_enough):
        return {unit: int(count) for unit, count in match.groupdict().items() if count}
    return None
