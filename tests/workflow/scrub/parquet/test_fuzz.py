"""Whatever the bytes are: a scrubbed file, or an error of the tree; never another exception."""

import io
import itertools

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.scrub.parquet import files
from workflow.errors import PermanentError
from workflow.scrub import RowRule, Rule, ScrubOptions, scrub
from workflow.scrub.parquet import compact, footer
from workflow.scrub.parquet.structs import BINARY, Pairs, Sequence, Struct

TABLE = pa.table(
    {
        "a": [None if at % 5 == 0 else f"text {at % 9}" for at in range(60)],
        "n": range(60),
        "s": [{"x": [at, None]} if at % 3 else None for at in range(60)],
        "m": pa.array([[("k", f"{at}")] for at in range(60)], pa.map_(pa.string(), pa.string())),
    }
)
SOURCES = [
    files.write(
        TABLE,
        compression=codec,
        data_page_version=version,
        use_dictionary=dictionary,
        row_group_size=40,
        max_rows_per_page=10,
        write_page_index=True,
        write_page_checksum=checked,
        bloom_filter_options={"a": True},
    )
    for (codec, checked), version, dictionary in itertools.product(
        [("none", False), ("snappy", True)], ["1.0", "2.0"], [True, False]
    )
]
RULES = [
    [Rule("a", "mask"), Rule("s.x[*]", "generalize", {"bucket": 7}), Rule("m.k", "hash")],
    [Rule("a", "drop"), Rule("s", "null")],
    [Rule("m[*]", "blank"), Rule("n", "null")],
]
# A row rule tests nothing that a rule writes.
POLICIES = [
    *((rules, None) for rules in RULES),
    *((rules, RowRule("n", among=(3, 50))) for rules in RULES[:2]),
    (RULES[2], RowRule("s.x[*]", is_null=True)),
]
MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def scrub_or_refuse(data, policy):
    rules, drop_rows = policy
    sink = io.BytesIO()
    options = ScrubOptions(drop_rows=drop_rows, key=files.KEY)
    try:
        scrub(io.BytesIO(data), sink, rules=rules, format="parquet", options=options)
    except PermanentError as error:
        return error
    return None


@MANY
@given(
    st.sampled_from(SOURCES),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=4)), min_size=1, max_size=4),
    st.sampled_from(POLICIES),
)
def test_changed_bytes_are_scrubbed_or_refused(data, changes, policy):
    changed = bytearray(data)
    for place, new in changes:
        at = place % len(changed)
        changed[at : at + len(new)] = new

    scrub_or_refuse(bytes(changed), policy)


@MANY
@given(
    st.sampled_from(SOURCES),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from(RULES),
)
def test_cut_and_doubled_stretches_are_scrubbed_or_refused(data, at, size, rules):
    at, size = at % len(data), size % 64

    for changed in (data[:at] + data[at + size :], data[: at + size] + data[at:], data[:at]):
        scrub_or_refuse(changed, (rules, None))


def places(value):
    """Return all fields of a struct, nested ones too, as (struct, field)."""
    if isinstance(value, Struct):
        own = [(value, field) for field in value]
        return own + [place for _kind, inner in value.values() for place in places(inner)]
    items = value.items if isinstance(value, Sequence | Pairs) else ()
    return [place for item in items for place in places(item)]


NUMBERS = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**32, 255, 4096]),
    st.integers(-(2**40), 2**40),
)


@MANY
@given(
    st.sampled_from(SOURCES),
    st.lists(st.tuples(st.integers(0, 10**6), NUMBERS), min_size=1, max_size=3),
    st.sampled_from(POLICIES),
)
def test_changed_footers_are_scrubbed_or_refused(data, changes, policy):
    found = files.open_footer(data)
    for at, number in changes:
        struct, field = (every := places(found.metadata))[at % len(every)]
        kind, value = struct[field]
        if isinstance(value, bool | int):
            struct[field] = (kind, number if kind > 2 else bool(number % 2))
        elif kind == BINARY:
            struct[field] = (kind, b"\xff" * (number % 5))
        elif number % 2:
            del struct[field]
        else:
            struct[field] = (compact.I64, number)
    changed = data[: found.start] + footer.encode(found.metadata)

    scrub_or_refuse(changed, policy)


@given(st.binary(max_size=300))
def test_any_bytes_between_the_magics_are_refused(data):
    size = len(data).to_bytes(4, "little")

    assert scrub_or_refuse(b"PAR1" + data + size + b"PAR1", POLICIES[0]) is not None or data


@pytest.mark.parametrize("data", SOURCES)
def test_whole_files_are_scrubbed(data):
    assert scrub_or_refuse(data, POLICIES[0]) is None
