import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import MalformedData
from workflow.scrub.parquet import levels


def slowly(data, width, count):
    number = int.from_bytes(data, "little")
    return [number >> (at * width) & ((1 << width) - 1) for at in range(count)]


WIDTHS = st.integers(1, 8)
NUMBERS = WIDTHS.flatmap(
    lambda width: st.tuples(
        st.just(width), st.lists(st.integers(0, 2**width - 1), min_size=1, max_size=200)
    )
)


@given(NUMBERS)
def test_packed_numbers_come_back(case):
    width, numbers = case

    data = levels.encode_packed(bytes(numbers), 1, width)

    assert list(b"".join(levels.decode(data, width, len(numbers)))) == numbers
    for number in {0, numbers[0]}:
        assert levels.count_equal(data, width, len(numbers), number) == numbers.count(number)


@given(NUMBERS)
def test_runs_come_back(case):
    width, numbers = case

    data = b"".join(levels.encode_run(number, width, 1) for number in numbers)

    assert list(b"".join(levels.decode(data, width, len(numbers)))) == numbers
    assert levels.count_equal(data, width, len(numbers), numbers[0]) == numbers.count(numbers[0])


@given(NUMBERS)
def test_deprecated_packing_has_the_highest_bit_first(case):
    width, numbers = case
    bits = "".join(f"{number:0{width}b}" for number in numbers)
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")

    assert list(b"".join(levels.decode_deprecated(data, width, len(numbers)))) == numbers


@pytest.mark.parametrize("width", range(1, 33))
def test_lanes_of_any_width_are_packed(width):
    lane = 1 if width <= 8 else 2 if width <= 16 else 4
    numbers = [at * 2654435761 % 2**width for at in range(1001)]
    lanes = b"".join(number.to_bytes(lane, "little") for number in numbers)

    data = levels.encode_packed(lanes, lane, width)

    assert data[:2] == bytes((126 << 1 & 0x7F | 0x81, 126 >> 6))
    assert slowly(data[2:], width, 1001) == numbers


def test_many_blocks_are_packed_like_one():
    numbers = bytes(at % 7 for at in range((1 << 19) + 9))

    data = levels.encode_packed(numbers, 1, 3)

    assert b"".join(levels.decode(data, 3, len(numbers))) == numbers
    assert levels.count_equal(data, 3, len(numbers), 6) == numbers.count(6)


@given(st.binary(max_size=40), WIDTHS, st.integers(0, 10_000))
def test_any_bytes_are_levels_or_malformed(data, width, count):
    try:
        numbers = b"".join(levels.decode(data, width, count))
    except MalformedData:
        return

    assert len(numbers) == count
