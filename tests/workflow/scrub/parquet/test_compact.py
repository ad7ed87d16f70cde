import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import MalformedData
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.structs import (
    BINARY,
    DOUBLE,
    I8,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRUCT,
    TRUE,
    Pairs,
    Sequence,
    Struct,
)

SCALARS = {
    I8: st.integers(0, 255),
    I16: st.integers(-(2**15), 2**15 - 1),
    I32: st.integers(-(2**31), 2**31 - 1),
    I64: st.integers(-(2**63), 2**63 - 1),
    DOUBLE: st.binary(min_size=8, max_size=8),
    BINARY: st.binary(max_size=40),
    TRUE: st.booleans(),
}


def sequences(values):
    return st.one_of(
        st.sampled_from(sorted(SCALARS)).flatmap(
            lambda kind: st.builds(Sequence, st.just(kind), st.lists(SCALARS[kind], max_size=20))
        ),
        st.builds(Sequence, st.just(STRUCT), st.lists(structs(values), max_size=3)),
    )


def pairs():
    return st.lists(st.tuples(SCALARS[I32], SCALARS[TRUE]), max_size=5).map(
        lambda items: Pairs(I32, TRUE, items) if items else Pairs(0, 0, [])
    )


def structs(values):
    return st.dictionaries(st.integers(1, 2**15 - 1), values, max_size=6).map(Struct)


FIELDS = st.recursive(
    st.one_of(*[st.tuples(st.just(kind), values) for kind, values in SCALARS.items()]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from([LIST, SET]), sequences(inner)),
        st.tuples(st.just(MAP), pairs()),
        st.tuples(st.just(STRUCT), structs(inner)),
    ),
    max_leaves=12,
)


def spelled(value):
    """Return a value with the wire type of a boolean as its value says."""
    if isinstance(value, Struct):
        return {
            field: (TRUE if kind <= 2 else kind, spelled(inner))
            for field, (kind, inner) in value.items()
        }
    if isinstance(value, Sequence):
        return (value.element, [spelled(item) for item in value.items])
    return value


@given(structs(FIELDS))
def test_every_struct_survives_whatever_its_fields_mean(struct):
    data = compact.encode(struct)

    decoded, end = compact.decode(b"\xff" + data + b"\xff", 1)

    assert spelled(decoded) == spelled(struct)
    assert end == len(data) + 1
    assert compact.encode(decoded) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_a_struct_or_malformed(data):
    try:
        struct, end = compact.decode(data)
    except MalformedData:
        return

    assert end <= len(data)
    assert compact.decode(compact.encode(struct))[0] == struct


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x15",
        b"\x18\xff\xff\xff\xff\x7f",
        b"\x19\xfc\xff\xff\xff\xff\x0f\x00",
        b"\x1b\xff\xff\xff\xff\x0f\x55",
        b"\x1c" * 100,
        b"\x19\x1c" * 100,
        b"\x15\x02\x05\x02\x04\x00",
        b"\x16" + b"\xff" * 10 + b"\x01\x00",
        b"\x1d\x00",
    ],
    ids=[
        "nothing",
        "cut off",
        "long binary",
        "long list",
        "long map",
        "deep structs",
        "deep lists",
        "twice the same field",
        "number of more than 64 bits",
        "unknown wire type",
    ],
)
def test_broken_bytes_are_malformed(data):
    with pytest.raises(MalformedData, match=r"broken Parquet metadata .* byte offset \d+"):
        compact.decode(data, base=1000)


def test_getters_refuse_another_wire_type():
    struct = Struct({1: (BINARY, b"x"), 2: (LIST, Sequence(I32, [1]))})

    with pytest.raises(MalformedData):
        struct.number(1)
    with pytest.raises(MalformedData):
        struct.sequence(2, STRUCT)
    with pytest.raises(MalformedData):
        struct.needed(3, "size")
    assert struct.number(3) is None
    assert struct.sequence(3, I32) == []
