import pytest

from workflow.errors import MalformedData
from workflow.scrub.parquet import compact, offset_index
from workflow.scrub.parquet.compact import I32, I64, STRUCT, Struct


def index(pages, **more):
    """An offset index, with fields that a later version may add."""
    found = []
    for number in range(pages):
        location = Struct()
        location.set_number(1, 4 + 100 * number)
        location.set_number(2, 100, kind=I32)
        location.set_number(3, 10 * number)
        location.set_binary(7, b"later")
        found.append(location)
    whole = Struct()
    whole.set_sequence(1, STRUCT, found)
    whole.set_sequence(2, I64, [5] * pages)
    whole.set_number(9, 3)
    return whole


@pytest.mark.parametrize("pages", [0, 1, 14, 15, 300])
def test_pages_move_and_all_else_stays(pages):
    wanted = index(pages)
    for location in wanted.sequence(1, STRUCT):
        location.set_number(1, location.number(1) + 1000)

    moved = offset_index.shifted(compact.encode(index(pages)) + b"what follows", 1000, base=0)

    assert moved == compact.encode(wanted)


def test_field_whose_id_is_spelled_out_is_read():
    data = compact.encode(index(3))
    assert data[0] == 0x19

    moved = offset_index.shifted(b"\x09\x02" + data[1:], 1000, base=0)

    assert moved == offset_index.shifted(data, 1000, base=0)


def test_broken_index_is_refused():
    data = compact.encode(index(20))
    for size in range(len(data)):
        with pytest.raises(MalformedData):
            offset_index.shifted(data[:size], 1, base=0)


def test_locations_are_written_in_the_order_of_the_rows():
    data = offset_index.encode(1000, [(0, 50, 7), (50, 60, 1), (110, 5, 0), (115, 9, 2)])

    found = compact.decode(data)[0].sequence(1, STRUCT)
    assert [[page.number(field) for field in (1, 2, 3)] for page in found] == [
        [1000, 50, 0],
        [1050, 60, 7],
        [1110, 5, 8],
        [1115, 9, 8],
    ]
