import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflow.scrub.parquet import files
from workflow.scrub import RowRule, Rule
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import Element, File

MONTH = {"to": "month"}
TENS = {"bucket": 10}


def rule(action, **options):
    return Rule("a", action, options)


def one_column(kind, values, **options):
    return files.write(pa.table({"a": pa.array(values, kind), "b": range(len(values))}), **options)


def day(text):
    return dt.date.fromisoformat(text)


def moment(text):
    return dt.datetime.fromisoformat(text)


CASES = [
    (pa.string(), rule("blank"), ["x", "", None], ["", "", None]),
    (pa.string(), rule("replace", **{"with": "?"}), ["x", "?", None], ["?", "?", None]),
    (pa.string(), rule("mask", keep_last=2), ["12345", "ä€𝄞", "x"], ["***45", "*€𝄞", "*"]),
    (pa.string(), rule("truncate", length=2), ["12345", "ä€𝄞", ""], ["12", "ä€", ""]),
    (pa.string(), rule("redact"), ["mail a@example.com now", "no"], ["mail [redacted] now", "no"]),
    (pa.string(), rule("generalize", **MONTH), ["2024-05-17", "x"], ["2024-05-01", None]),
    (pa.string(), rule("generalize", **TENS), ["37", "x"], ["30", None]),
    (pa.large_string(), rule("mask"), ["ab"], ["**"]),
    (pa.string_view(), rule("mask"), ["ab"], ["**"]),
    (pa.binary(), rule("mask"), [b"ab", b"\xff\xfe"], [b"**", None]),
    (pa.binary(), rule("blank"), [b"ab", b"\xff\xfe"], [b"", b""]),
    (pa.binary(), rule("replace", **{"with": "x"}), [b"ab", b"\xff"], [b"x", None]),
    (pa.binary(3), rule("blank"), [b"abc"], [None]),
    (pa.int32(), rule("generalize", **TENS), [37, -1, None], [30, -10, None]),
    (pa.int8(), rule("generalize", bucket=100), [127, -128], [100, None]),
    (pa.uint8(), rule("generalize", **TENS), [255, 0], [250, 0]),
    (pa.uint32(), rule("generalize", **TENS), [2**32 - 1], [2**32 - 6]),
    (pa.uint64(), rule("generalize", **TENS), [2**64 - 1, 5], [2**64 - 6, 0]),
    (pa.uint64(), rule("replace", **{"with": -1}), [5], [None]),
    (pa.int64(), rule("replace", **{"with": 2.5}), [5], [None]),
    (pa.int64(), rule("replace", **{"with": 7}), [5], [7]),
    (pa.int64(), rule("mask"), [5], [None]),
    (pa.float64(), rule("generalize", **TENS), [37.5, float("nan"), -0.5], [30.0, None, -10.0]),
    (pa.float32(), rule("generalize", bucket=0.5), [1.7], [1.5]),
    (pa.float16(), rule("generalize", **TENS), [37.5, float("inf")], [30.0, None]),
    (pa.bool_(), rule("replace", **{"with": False}), [True, None], [False, None]),
    (pa.bool_(), rule("blank"), [True], [None]),
    (pa.decimal128(9, 2), rule("generalize", **TENS), [Decimal("37.50")], [Decimal("30.00")]),
    (pa.decimal256(60, 2), rule("generalize", **TENS), [Decimal("-0.50")], [Decimal("-10.00")]),
    (pa.decimal128(3, 2), rule("replace", **{"with": 10}), [Decimal("1.50")], [None]),
    (pa.decimal128(3, 2), rule("replace", **{"with": 0.125}), [Decimal("1.50")], [None]),
    (pa.date32(), rule("generalize", **MONTH), [day("2024-05-17")], [day("2024-05-01")]),
    (pa.date32(), rule("generalize", to="year"), [day("1969-05-17")], [day("1969-01-01")]),
    (pa.date32(), rule("blank"), [day("2024-05-17")], [None]),
    (pa.time32("ms"), rule("generalize", **MONTH), [dt.time(12)], [None]),
    (pa.time64("us"), rule("null"), [dt.time(12)], [None]),
    *[
        (
            pa.timestamp(unit),
            rule("generalize", **MONTH),
            [moment("1969-12-31T23:59:59"), moment("2024-05-17T01:02:03")],
            [moment("1969-12-01"), moment("2024-05-01")],
        )
        for unit in ("s", "ms", "us", "ns")
    ],
    (pa.uuid(), rule("blank"), [b"0123456789abcdef"], [None]),
    (pa.null(), rule("null"), [None], [None]),
    (pa.dictionary(pa.int8(), pa.string()), rule("mask"), ["ab", "c", "ab"], ["**", "*", "**"]),
]


@pytest.mark.parametrize("dictionary", [True, False], ids=["dictionary", "plain"])
@pytest.mark.parametrize(
    ("kind", "rule", "before", "after"),
    CASES,
    ids=[f"{kind}-{rule.action}-{at}" for at, (kind, rule, _b, _a) in enumerate(CASES)],
)
def test_value_of_every_type_becomes_what_the_action_makes_of_it(
    kind, rule, before, after, dictionary
):
    data = one_column(kind, before, use_dictionary=dictionary)

    out = files.run(data, rule)

    assert out.column("a") == after
    assert out.table.schema.equals(files.read(data).schema, check_metadata=True)
    assert out.column("b") == [*range(len(before))]
    assert files.run(out.data, rule).data == out.data


def test_counts_what_became_null_for_its_type():
    data = one_column(pa.binary(), [b"ab", b"\xff", None, b"**", b"\xff"])

    (mask,) = files.run(data, rule("mask")).report.rules

    assert (mask.matched, mask.changed, mask.nulled) == (5, 3, 2)


def test_hash_is_keyed_and_recognises_its_own_tokens():
    data = one_column(pa.string(), ["a", "b", "a", None])

    out = files.run(data, rule("hash"))

    first, second, third, none = out.column("a")
    assert first == third != second
    assert first.startswith("hmac1.k1.")
    assert none is None
    assert files.run(out.data, rule("hash")).data == out.data


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_shifted_timestamps_keep_their_time_of_day(unit, zone):
    kind = pa.timestamp(unit, zone)
    size = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit] * 86_400
    ticks = [-1, 0, size, 12_345 * size + 678, None]
    data = files.write(pa.table({"a": pa.array(ticks, pa.int64()).cast(kind)}))

    out = files.run(data, rule("date_shift", days=20))

    shifted = out.table["a"].cast(pa.int64()).to_pylist()
    assert [new and new % size for new in shifted] == [old and old % size for old in ticks]
    assert out.table.schema.field("a").type == kind
    assert files.run(out.data, rule("date_shift", days=20)).data == out.data


def test_timestamps_at_the_ends_of_their_range_do_not_wrap():
    values = pa.array([-(2**63), 2**63 - 1, 0, None], pa.int64()).cast(pa.timestamp("ns"))
    data = files.write(pa.table({"a": values}))

    for each in (rule("date_shift", days=30_000), rule("generalize", to="year")):
        out = files.run(data, each)

        low, high, zero, none = out.table["a"].cast(pa.int64()).to_pylist()
        assert low is None or low < 0
        assert high is None or high > 0
        assert zero is not None
        assert none is None
        assert files.run(out.data, each).data == out.data


EXTREMES = [
    moment("0001-01-01T00:00:00.000001"),
    moment("1582-10-15"),
    moment("2024-05-17T01:02:03.000004"),
    moment("9999-12-31T23:59:59.999999"),
]


def int96(data):
    column = pq.read_table(io.BytesIO(data), coerce_int96_timestamp_unit="us")["a"]
    return column.to_pylist()


def test_int96_is_read_as_what_it_is():
    table = pa.table({"a": pa.array(EXTREMES, pa.timestamp("us")), "email": ["x"] * 4})
    data = files.write(table, use_deprecated_int96_timestamps=True)
    assert int96(data) == EXTREMES

    untouched = files.run(data, ("email", "blank")).data
    coarse = files.run(data, rule("generalize", to="year")).data
    fewer = files.run(data, drop_rows=files.RowRule("a", matches="^0001")).data

    assert int96(untouched) == EXTREMES
    assert int96(coarse) == [moment(f"{at.year:04}-01-01") for at in EXTREMES]
    assert int96(fewer) == EXTREMES[1:]
    for out in (untouched, coarse, fewer):
        assert pq.ParquetFile(io.BytesIO(out)).schema.column(0).physical_type == "INT96"


def test_annotations_of_old_writers_count_as_well():
    table = pa.table(
        {
            "c0": pa.array(["x"]),
            "c1": pa.array([day("2024-05-17")]),
            "c2": pa.array([moment("2024-05-17T01:02:03Z")], pa.timestamp("us", "UTC")),
            "c3": pa.array([37], pa.uint8()),
            "c4": pa.array([Decimal("37.5")], pa.decimal128(5, 2)),
        }
    )
    data = files.write(table, store_schema=False)

    def forget(metadata):
        for element in metadata.sequence(File.SCHEMA, compact.STRUCT):
            element.drop(Element.LOGICAL)

    old = files.rewrite_footer(data, forget)
    rules = [
        Rule("c0", "mask"),
        Rule("c1", "generalize", MONTH),
        Rule("c2", "generalize", MONTH),
        Rule("c3", "generalize", TENS),
        Rule("c4", "generalize", TENS),
    ]

    assert files.run(old, *rules).table.to_pylist() == files.run(data, *rules).table.to_pylist()
    assert files.run(data, *rules).column("c4") == [Decimal("30.00")]


def test_json_and_enum_are_text_and_bson_is_bytes():
    data = one_column(pa.binary(), [b"{}", b"ab"], store_schema=False)

    def annotate(converted):
        def change(metadata):
            metadata.sequence(File.SCHEMA, compact.STRUCT)[1].set_number(6, converted, kind=5)

        return files.run(files.rewrite_footer(data, change), rule("mask")).report.rules[0].nulled

    assert [annotate(converted) for converted in (4, 19, 20)] == [0, 0, 2]


TYPES = st.sampled_from(
    [
        (pa.string(), st.text(max_size=12)),
        (pa.binary(), st.binary(max_size=12)),
        (pa.binary(4), st.binary(min_size=4, max_size=4)),
        (pa.bool_(), st.booleans()),
        (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
        (pa.uint16(), st.integers(0, 2**16 - 1)),
        (pa.uint64(), st.integers(0, 2**64 - 1)),
        (pa.float32(), st.floats(width=32)),
        (pa.float64(), st.floats()),
        (pa.date32(), st.dates()),
        (pa.timestamp("us"), st.datetimes()),
        (pa.decimal128(20, 4), st.decimals(-(10**15), 10**15, places=4)),
    ]
)
RULES = st.sampled_from(
    [
        rule("blank"),
        rule("null"),
        rule("replace", **{"with": "x"}),
        rule("replace", **{"with": 12}),
        rule("replace", **{"with": True}),
        rule("mask", keep_first=1, keep_last=2),
        rule("truncate", length=3),
        rule("redact"),
        rule("hash"),
        rule("generalize", to="month"),
        rule("generalize", bucket=0.1),
        rule("generalize", bucket=7),
        rule("date_shift", days=40),
    ]
)


@pytest.mark.parametrize("dictionary", [True, False])
def test_bounds_that_are_values_of_a_clean_column_stay(dictionary):
    before = one_column(pa.int32(), [0, 7], use_dictionary=dictionary)

    once = files.run(before, rule("generalize", bucket=7))

    assert once.data == before


@settings(max_examples=100, deadline=None)
@given(TYPES, RULES, st.data(), st.booleans())
def test_scrubbing_twice_is_scrubbing_once(kind, rule, data, dictionary):
    arrow, values = kind
    found = data.draw(st.lists(st.none() | values, max_size=8))
    before = one_column(arrow, found, use_dictionary=dictionary)

    once = files.run(before, rule)
    twice = files.run(once.data, rule)

    assert twice.data == once.data
    assert not twice.report.changed
    assert once.column("b") == [*range(len(found))]


REQUIRED = st.sampled_from([(pa.string(), st.text(max_size=6)), (pa.binary(), st.binary())])


@settings(max_examples=100, deadline=None)
@given(REQUIRED, RULES, st.data(), st.booleans())
def test_scrubbing_required_text_twice_is_scrubbing_it_once(kind, rule, data, dictionary):
    """What cannot become null becomes what the action makes of the empty text."""
    arrow, values = kind
    found = [*data.draw(st.lists(values, max_size=8)), *[b"\xff"] * (arrow == pa.binary())]
    schema = pa.schema([pa.field("a", arrow, nullable=False)])
    before = files.write(pa.table({"a": found}, schema=schema), use_dictionary=dictionary)

    once = files.run(before, rule)
    twice = files.run(once.data, rule)

    assert twice.data == once.data
    assert not twice.report.changed


@pytest.mark.parametrize("action", ["hash", "null", "mask"])
def test_bytes_that_cannot_become_null_become_what_the_empty_text_does(action):
    schema = pa.schema([pa.field("a", pa.binary(), nullable=False)])
    before = files.write(pa.table({"a": [b"\xff\x01", b""]}, schema=schema))

    out = files.run(before, rule(action))

    assert len(set(out.column("a"))) == 1
    assert out.report.rules[0].nulled == (0 if action == "null" else 1)


LONG = "\u00e9\U0001f600ab 12345 x@example.com " * 250_000


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize(
    ("changed", "new"),
    [
        (
            rule("mask", keep_first=2, keep_last=3),
            "\u00e9\U0001f600" + "*" * (len(LONG) - 5) + "om ",
        ),
        (rule("truncate", length=3), LONG[:3]),
        (rule("redact"), LONG.replace("x@example.com", "[redacted]")),
        (rule("generalize", **MONTH), None),
        (rule("replace", **{"with": "\u00e9"}), "\u00e9"),
    ],
)
def test_long_text_becomes_what_a_short_one_does(dictionary, changed, new):
    data = one_column(pa.string(), [LONG, "x@example.com", None], use_dictionary=dictionary)
    short = changed.build_action().on_text("x@example.com")

    out = files.run(data, changed)

    # Not compared by pytest, which would show how they differ.
    assert [
        found == text for found, text in zip(out.column("a"), [new, short, None], strict=True)
    ] == [True] * 3


@pytest.mark.parametrize("dictionary", [True, False])
def test_long_bytes_that_are_no_text_become_null(dictionary):
    data = one_column(pa.binary(), [b"\xff" * 5_000_000, b"ab"], use_dictionary=dictionary)

    assert files.run(data, rule("mask")).column("a") == [None, b"**"]


@pytest.mark.parametrize(
    ("meets", "kept"),
    [({"matches": "^\u00e9.*12345"}, [1]), ({"equals": "x"}, [0]), ({"matches": "y"}, [0, 1])],
)
def test_row_with_a_long_text_goes_like_others(meets, kept):
    data = one_column(pa.string(), [LONG, "x"])

    assert files.run(data, drop_rows=RowRule("a", **meets)).column("b") == kept
