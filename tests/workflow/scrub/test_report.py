import hashlib
import io
import json

import pytest

from workflow.errors import SchemaMismatch
from workflow.scrub import RowRule, Rule, ScrubOptions, Trace, scrub

DATA = b'{"a":"x","p":[{"c":1},{"c":null}]}\n{"a":""}\n'
RULES = [Rule("a", "blank"), Rule("p[*].c", "mask"), Rule("p", "drop")]


def test_report_is_plain_data():
    sink = io.BytesIO()

    report = scrub(io.BytesIO(DATA), sink, rules=RULES[:2], format="ndjson")

    assert json.loads(json.dumps(report.to_dict())) == {
        "format": "ndjson",
        "compression": "none",
        "rows": 2,
        "rows_dropped": 0,
        "bytes_in": len(DATA),
        "bytes_out": len(sink.getvalue()),
        "sha256_in": hashlib.sha256(DATA).hexdigest(),
        "sha256_out": hashlib.sha256(sink.getvalue()).hexdigest(),
        "rules": [
            {
                "field": "a",
                "action": "blank",
                "matched": 2,
                "changed": 1,
                "nulled": 0,
                "absent": 0,
            },
            {
                "field": "p[*].c",
                "action": "mask",
                "matched": 2,
                "changed": 1,
                "nulled": 1,
                "absent": 1,
            },
        ],
        "changed": True,
    }


@pytest.mark.parametrize(
    ("rules", "options", "changed"),
    [
        (RULES[:1], None, True),
        ([Rule("zz", "drop")], None, False),
        ([], None, False),
        ([], ScrubOptions(drop_rows=RowRule("a", equals="x")), True),
    ],
)
def test_report_tells_whether_the_object_needs_writing(rules, options, changed):
    report = scrub(io.BytesIO(DATA), None, rules=rules, format="ndjson", options=options)

    assert report.changed is changed


def test_trace_shows_each_value_before_and_after():
    seen = []

    scrub(io.BytesIO(DATA), None, rules=[RULES[0], RULES[2]], format="ndjson", trace=seen.append)
    scrub(
        io.BytesIO(b'a,b\n"x,1",2\n'),
        None,
        rules=[Rule("a", "blank"), Rule("b", "drop")],
        format="csv",
        options=ScrubOptions(reshape=True),
        trace=seen.append,
    )

    assert seen == [
        Trace(1, 0, "a", '"x"', '""'),
        Trace(1, 1, "p", '[{"c":1},{"c":null}]', None),
        Trace(2, 0, "a", '""', '""'),
        Trace(1, 0, "a", "x,1", ""),
        Trace(1, 1, "b", "2", None),
    ]


def test_row_rule_needs_rows():
    options = ScrubOptions(drop_rows=RowRule("a", equals="x"))

    with pytest.raises(SchemaMismatch, match="no array"):
        scrub(io.BytesIO(b'{"a":"x"}'), None, rules=[], format="json", options=options)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("[1, {}, 3]", "[1, {}, 3]"),
        ('[{"a":"x"}, {}, 3]', "[ {}, 3]"),
        ('[1, {"a":"x"}, 3]', "[1,  3]"),
        ('[1 , {"a":"x"} , {"a":"x"} ]', "[1  ]"),
        ('[ {"a":"x"}, {"a":"x"} ]', "[  ]"),
        ('[\n  {"a":"x"},\n  {}\n]', "[\n  \n  {}\n]"),
        ('[[[[[[[[1]]]]]]] , {"a":"x"}]', "[[[[[[[[1]]]]]]] ]"),
    ],
)
def test_row_rule_takes_elements_with_their_commas(rows, kept):
    options = ScrubOptions(drop_rows=RowRule("a", equals="x"))
    for size in (1, 100):

        class Chunks(io.RawIOBase):
            data = rows.encode()

            def read(self, _=-1, size=size):
                piece, self.data = self.data[:size], self.data[size:]
                return piece

        sink = io.BytesIO()
        scrub(Chunks(), sink, rules=[], format="json", options=options)

        assert sink.getvalue().decode() == kept
