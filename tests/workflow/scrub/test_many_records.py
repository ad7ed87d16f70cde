"""Records many at once, in C and in Python, against the records one by one.

The tables are made to mislead the former.
"""

import io
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.workflow.scrub.chunks import Chunks
from workflow.errors import PermanentError
from workflow.scrub import CsvOptions, RowRule, Rule, ScrubOptions, SecretKey, scrub
from workflow.scrub.delimited.columns import lay_out
from workflow.scrub.delimited.fields import Quotes
from workflow.scrub.delimited.table import many_records
from workflow.scrub.native.records import NativeRecords, end_finder
from workflow.scrub.plan import bind

FIELDS = [
    *("a", "b", "DE", "", "", "12", "1.50", "true", "x y", "é", "5'11\"", " z", "\u2028", "\x0b"),
    *('"a"', '"a,b"', '"say ""hi"""', '"two\nlines"', '""', '"DE"', '"é"', '"c\r\nd"'),
]
PLAIN = [field for field in FIELDS if not field.startswith('"')]
RULES = [
    [],
    [Rule("b", "blank")],
    [Rule("c", "null"), Rule("a", "mask", {"keep_last": 1})],
    [Rule("c", "mask", {"keep_first": 1})],
    [Rule("b", "hash")],
    [Rule("a", "replace", {"with": "x,y"}), Rule("c", "truncate", {"length": 1})],
    [Rule("c", "replace", {"with": 'say "hi"'})],
    [Rule("b", "replace", {"with": "two\nlines"})],
    [Rule("a", "generalize", {"bucket": 10})],
    [Rule("b", "drop")],
    [Rule("c", "drop"), Rule("a", "truncate", {"length": 2})],
    [Rule("a", "drop"), Rule("b", "drop"), Rule("c", "blank")],
    [Rule("nowhere", "blank")],
]
ROW_RULES = [
    None,
    RowRule("d", equals="DE"),
    RowRule("d", equals=12),
    RowRule("d", equals=True),
    RowRule("d", among=("a", 1.5)),
    RowRule("d", matches="^[a-z]"),
    RowRule("d", is_null=True),
    RowRule("d", is_null=False),
]


def table(source):
    names = ["a", "b", "c", "d"]
    source.shuffle(names)
    fields = source.choice([FIELDS, PLAIN, PLAIN])
    end = source.choice(["\n", "\n", "\r\n"])
    rows = [",".join(source.choice(fields) for _ in names) for _ in range(source.randrange(1, 12))]
    if source.random() < 0.1:
        rows.insert(source.randrange(len(rows)), source.choice(["", "a,b", "a,b,c,d,e", '"a"b,,,']))
    if source.random() < 0.1:
        # Together they have as many fields as two good ones.
        rows += source.choice(
            [["a,b,c", "a,b,c,d,e"], ["a,b,c,d,e", "a,b,c"], ["", "a,b,c,d,e,f,g"]]
        )
    text = end.join([",".join(names), *rows])
    return (text + (end if source.random() < 0.7 else "")).encode()


ONE_BY_ONE = {"trace": lambda _: None, "native": False}
MANY = [{"native": True}, {"native": False}]


def outcome(data, rules, options, way, size=1 << 20):
    sink = io.BytesIO()
    source = Chunks(data, size)
    try:
        report = scrub(source, sink, rules=rules, format="csv", options=options, **way)
    except PermanentError as error:
        return str(error)
    return sink.getvalue(), report.rules, report.rows, report.rows_dropped


@pytest.mark.parametrize("seed", range(8))
def test_many_records_become_what_each_becomes(seed):
    source = random.Random(seed)
    for _ in range(300):
        data = table(source)
        rules = source.choice(RULES)
        options = ScrubOptions(
            drop_rows=source.choice(ROW_RULES),
            csv=CsvOptions(),
            reshape=True,
            key=SecretKey("k", b"secret" * 6),
        )

        each = outcome(data, rules, options, ONE_BY_ONE)
        for way in MANY:
            assert outcome(data, rules, options, way) == each, (data, rules, options)
        if isinstance(each, tuple):
            size = source.randrange(1, 30)
            assert outcome(data, rules, options, MANY[0], size) == each, (data, rules, size)


PIECES = ["a", "DE", '"', '""', '"x"', ",", ",", ",", "\n", "\n", "\r\n", "\r", "é", "'", " ", "\0"]


@settings(max_examples=1500)
@given(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.sampled_from(RULES),
    st.sampled_from(ROW_RULES),
)
def test_whatever_comes_ends_as_one_by_one(text, rules, row_rule):
    data = ("a,b,c,d\n" + text).encode()
    options = ScrubOptions(drop_rows=row_rule, reshape=True, key=SecretKey("k", b"secret" * 6))

    each = outcome(data, rules, options, ONE_BY_ONE)

    for way in MANY:
        assert outcome(data, rules, options, way) == each


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@example('a\r"b\n')
@example('a\r,"b\n')
@given(st.lists(st.sampled_from([*PIECES, ";", "\t", "|"]), max_size=25).map("".join))
def test_records_end_where_they_end_in_python(delimiter, text):
    separator = delimiter.encode()

    native = end_finder(separator)(text.encode())

    assert native == Quotes(separator).last_record_end(text.encode())


def test_usual_tables_are_for_the_native_core():
    plan = bind(RULES[2], ScrubOptions())
    quotes = Quotes(b",")
    columns = lay_out(["a", "b", "c", "d"], plan, delimiter=b",", quotes=quotes)
    many = many_records(plan, columns)

    assert isinstance(many, NativeRecords)
    assert many.scrub(b'x,"1,\n""2",y,z\r\n\nx,,,\n') == b'*,"1,\n""2",,z\r\n\n*,,,\n'
    assert plan.counts()[0].matched == 2
