"""Records many at once against the records one by one, on tables made to mislead the former."""

import io
import random

import pytest

from workflow.errors import PermanentError
from workflow.scrub import CsvOptions, RowRule, Rule, ScrubOptions, SecretKey, scrub

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


def outcome(data, rules, options, *, one_by_one):
    sink = io.BytesIO()
    trace = (lambda _: None) if one_by_one else None
    try:
        report = scrub(
            io.BytesIO(data), sink, rules=rules, format="csv", options=options, trace=trace
        )
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

        many = outcome(data, rules, options, one_by_one=False)
        each = outcome(data, rules, options, one_by_one=True)

        assert many == each, (data, rules, options)
