from datetime import timedelta

import pytest

from workflow.policy.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("90s", 90),
        ("5m", 300),
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("PT5M", 300),
        ("P30D", 2_592_000),
        ("P1W", 604_800),
        ("P1DT2H3M4S", 93_784),
    ],
)
def test_reads_a_length_of_time(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "5", "m", "5 m", "-5m", "5M", "1h30m", "1.5h", "P", "PT", "P1M", "P1Y", "PT0.5H", "५m"],
)
def test_refuses_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time such as 90s"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36501d", "9" * 5_000 + "d", "P99999999999999W"])
def test_refuses_more_than_a_hundred_years(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0s", "90s", "5m", "12h", "30d", "61m"])
def test_writes_what_it_read(text: str) -> None:
    assert format_duration(parse_duration(text)) == text
