"""What is made of many arrays without having them twice, and in which order codes are numbered."""

import pyarrow as pa
import pytest

from workflow.scrub.parquet.dictionaries import canonical
from workflow.scrub.parquet.memory import gather, settle, step_of

BINARY, FIXED = pa.binary(), pa.binary(3)
LARGE = 1 << 30


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (BINARY, [b"a", b"", None, b"long" * 50, b"\xff", None, b"z"]),
        (BINARY, [None, None, None, None]),
        (FIXED, [b"abc", None, b"def", b"ghi"]),
        (pa.int64(), [1, -2, None, 1 << 60]),
        (pa.float64(), [0.5, 1.5]),
        (pa.bool_(), [True, None, False, True]),
        (BINARY, []),
    ],
)
@pytest.mark.parametrize("size", [0, LARGE])
def test_gathered_parts_are_one_array(kind, values, size):
    whole = pa.array([None, *values, None], kind)
    parts = (whole.slice(1 + at, 1) for at in range(len(values)))
    ends = (whole.slice(0, 0), *parts, whole.slice(1, 0))

    found = gather(kind, ends, size)

    assert found.to_pylist() == values
    found.validate(full=True)


@pytest.mark.parametrize("size", [0, LARGE])
def test_settled_parts_stay_what_they_were(size):
    parts = [pa.array([1, None, 3]), pa.array([4, 5])[1:]]

    assert [part.to_pylist() for part in settle(parts, size)] == [[1, None, 3], [5]]


def test_step_is_a_multiple_of_eight_and_never_nothing():
    assert step_of(100, 1000, 1 << 17) == 1 << 17
    assert step_of(10, LARGE, 1 << 17) == 8
    assert step_of(1000_000, LARGE, 1 << 17) == 3904


@pytest.mark.parametrize("count", [10, 200_000])
def test_dictionary_has_no_doubles_and_is_in_the_order_of_first_occurrence(count):
    """Of few entries and of so many that they are ranked."""
    entries = pa.array([b"%d" % (at // 2) for at in range(count)])
    used = [at for at in reversed(range(count)) if at % 10 != 4]
    column = pa.DictionaryArray.from_arrays(pa.array(used, pa.int32()), entries)

    indices, dictionary = canonical(pa.chunked_array([column]))

    wanted = list(dict.fromkeys(b"%d" % (at // 2) for at in used))
    assert dictionary.to_pylist() == wanted
    assert indices.type == pa.int32()
    assert [wanted[index] for index in indices.to_pylist()] == column.to_pylist()
