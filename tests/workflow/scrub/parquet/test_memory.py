"""What is made of many arrays without having them twice, and in which order codes are numbered."""

import pyarrow as pa
import pytest

from workflow.scrub.parquet.dictionaries import Dictionary, NewDictionary
from workflow.scrub.parquet.fields import Encoding, Type
from workflow.scrub.parquet.memory import gather, settle, step_of
from workflow.scrub.parquet.values import Physical, encode_pages

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


def test_step_is_a_multiple_of_eight_or_less_and_never_nothing():
    assert step_of(100, 1000, 1 << 17) == 1 << 17
    assert step_of(10, LARGE, 1 << 17) == 1
    assert step_of(10_000, LARGE, 1 << 17) == 8
    assert step_of(1000_000, LARGE, 1 << 17) == 976


def dictionary_array(entries, indices):
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), entries)


@pytest.mark.parametrize("count", [10, 200_000])
def test_dictionary_has_no_doubles_and_is_in_the_order_of_first_occurrence(count):
    """Of few entries and of so many that they are ranked."""
    entries = pa.array([b"%d" % (at // 2) for at in range(count)])
    used = [at for at in reversed(range(count)) if at % 10 != 4]
    half = len(used) // 2
    columns = [dictionary_array(entries, used[:half]), dictionary_array(entries, used[half:])]

    found = NewDictionary([pa.chunked_array([column]) for column in columns])

    wanted = list(dict.fromkeys(b"%d" % (at // 2) for at in used))
    assert found.count == len(wanted)
    for column, blocks in zip(columns, found.indices(), strict=True):
        indices = pa.concat_arrays(blocks)
        assert indices.type == pa.int32()
        assert [wanted[index] for index in indices.to_pylist()] == column.to_pylist()
    (taken,) = found.take().chunks
    assert taken.cast(BINARY).to_pylist() == wanted


def test_parts_of_several_dictionaries_and_of_none_get_one():
    one, other = pa.array([b"a", b"b"]), pa.array([b"b", None, b"c"])
    parts = [
        pa.chunked_array([dictionary_array(one, [1, 0]), dictionary_array(other, [2, 0])]),
        pa.chunked_array([], pa.dictionary(pa.int32(), BINARY)),
        pa.chunked_array([pa.array([b"c", b"d", b"d"])]),
        pa.chunked_array([dictionary_array(one, [0])]),
    ]
    values = [part.to_pylist() for part in parts]

    found = NewDictionary(parts)

    entries = found.take().chunk(0).cast(BINARY).to_pylist()
    assert entries == [b"b", b"a", b"c", b"d"]
    indices = [[at for block in part for at in block.to_pylist()] for part in found.indices()]
    assert [[entries[at] for at in part] for part in indices] == values


@pytest.mark.parametrize(
    ("count", "length", "present", "worth"),
    [
        (1_000, 7, 1_000, True),
        (200_000, 7, 200_000, False),
        (200_000, 40, 200_000, False),
        (200_000, 7, 1_000_000, True),
        (200_000, 40, 400_000, True),
    ],
)
def test_large_dictionary_is_worth_it_if_its_entries_are_used_often(count, length, present, worth):
    entries = pa.array([b"%0*d" % (length, at) for at in range(count)])
    physical = Physical(Type.BYTE_ARRAY)
    (body,) = encode_pages(physical, [entries], Encoding.PLAIN)

    found = Dictionary.read(physical, [(count, memoryview(body))], present)

    assert found.entries.equals(entries)
    assert found.worth == worth


@pytest.mark.parametrize("count", [10, 200_000])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_floats_are_told_apart_by_their_bits(kind, count):
    values = [-0.0, 0.0, *(float(at) for at in range(1, count))]
    parts = [pa.chunked_array([dictionary_array(pa.array(values, kind), [1, 0, 5])])]

    found = NewDictionary(parts)

    assert [str(value) for value in found.take().chunk(0).cast(kind).to_pylist()] == [
        "0.0",
        "-0.0",
        "4.0",
    ]
