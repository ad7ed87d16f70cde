import bz2
import gzip
import io

import pytest
import zstandard

from workflow.errors import MalformedData, UnsupportedFormat, UsageError
from workflow.scrub import Rule, ScrubOptions, scrub

ROW = b'{"a":"x"}'


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("x.ndjson", ROW, "ndjson"),
        ("X.JSONL.GZ", gzip.compress(ROW, mtime=0), "ndjson"),
        ("x.json", ROW + b"\n" + ROW, "ndjson"),
        ("x.json", b"[" + ROW + b"]", "json"),
        ("x.json", b'{\n "a": "x"\n}', "json"),
        ("x.json", b"\xef\xbb\xbf\n" + ROW + b"\n", "ndjson"),
        ("x.json", b"", "ndjson"),
        ("x.json", b'"a,b"', "json"),
        ("x.json", b" 42\n", "json"),
        ("x.json", b'{"a":"' + b"x" * 100_000 + b'"}\n' + ROW, "ndjson"),
        ("x.csv", b"[a],b\n1,2\n", "csv"),
        ("x.tsv.gz", gzip.compress(b"a\tb\n", mtime=0), "tsv"),
        ("x", b"a,b\n1,2\n", "csv"),
        ("", b"a\tb\n1\t2\n", "tsv"),
        ("x.gz", gzip.compress(ROW, mtime=0), "ndjson"),
        ("x.csv", b"{id},{a}\n1,2\n", "csv"),
        ("x.csv", b"{id},{a}", "csv"),
        ("x.csv", b"[1],[2]\n3,4\n", "csv"),
        ("x.csv", b'{"c":1},{"b":2}\n', "csv"),
        ("x.tsv", b'{"c":1}\tx\n', "tsv"),
        ("x.csv", b"{" + b"x" * 100_000 + b"\n", "csv"),
        ("x.csv", b"", "csv"),
        ("x.csv", b"\n", "csv"),
    ],
)
def test_format_is_told_by_suffix_then_by_content(name, data, expected):
    report = scrub(io.BytesIO(data), None, rules=[Rule("a", "blank")], name=name)

    assert report.format == expected


JSON_TEXTS = [
    ROW + b"\n" + ROW + b"\n",
    b"\n" + ROW,
    b"\xef\xbb\xbf" + ROW,
    b"[" + ROW + b"]",
    b"[" + ROW + b",\n" + ROW + b"]\n",
    b'{\n  "a": "x"\n}\n',
    b"[\n" + ROW + b"\n]\n",
    b'{"a": "x",\n "b": 1}',
    b"{}\n{}\n",
    b'{"b": "' + b"x" * 100_000 + b'", "a": "y"}\n',
    b'{"b": "' + b"x" * 2_000_000 + b'", "a": "y"}\n',
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, zstandard.compress])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.TAB.gz"])
@pytest.mark.parametrize("data", JSON_TEXTS)
def test_json_is_not_taken_for_a_table_by_its_name(data, name, pack):
    with pytest.raises(UnsupportedFormat, match="JSON"):
        scrub(io.BytesIO(pack(data)), None, rules=[Rule("a", "blank")], name=name)


def test_json_in_another_encoding_is_not_taken_for_a_table():
    options = ScrubOptions(encoding="utf-16-le")

    with pytest.raises(UnsupportedFormat, match="JSON"):
        scrub(
            io.BytesIO(ROW.decode().encode("utf-16-le")),
            None,
            rules=[Rule("a", "blank")],
            name="x.csv",
            options=options,
        )


def test_header_in_braces_is_a_header_where_the_policy_says_so():
    data = b'{"b"}\nx\n'

    report = scrub(io.BytesIO(data), None, rules=[Rule("a", "blank")], name="x", format="csv")

    assert (report.rows, report.fields_nowhere) == (1, ("a",))


@pytest.mark.parametrize("name", ["x.csv", "x.ndjson", "x.tsv.gz", "x.json"])
def test_parquet_is_not_taken_for_text_by_its_name(name):
    with pytest.raises(UnsupportedFormat, match="Parquet"):
        scrub(io.BytesIO(b"PAR1 text PAR1"), None, rules=[], name=name)


@pytest.mark.parametrize("name", ["x.ndjson", "x.jsonl", "x.json", "x.parquet"])
@pytest.mark.parametrize("data", [b"id,a\n1,x\n", b"id\ta\n1\tx\n", b"a\nx\n"])
def test_table_is_not_taken_for_something_else_by_its_name(data, name):
    with pytest.raises(MalformedData):
        scrub(io.BytesIO(data), None, rules=[Rule("a", "blank")], name=name)


def test_array_of_rows_is_not_taken_for_one_row_by_its_name():
    data = b"[" + ROW + b"," + ROW + b"]\n"

    with pytest.raises(UnsupportedFormat, match="array"):
        scrub(io.BytesIO(data), None, rules=[Rule("a", "blank")], name="x.jsonl")

    report = scrub(io.BytesIO(data), None, rules=[Rule("[*].a", "blank")], name="x.jsonl")
    assert (report.format, report.rules[0].changed) == ("ndjson", 2)


@pytest.mark.parametrize("data", [b"hello", b"\x00\x01,\x02", b"\xff\xd8\xff\xe0,", b"<a>1</a>"])
def test_unknown_format_is_refused(data):
    with pytest.raises(UnsupportedFormat):
        scrub(io.BytesIO(data), None, rules=[], name="x")


def test_unknown_format_name_is_a_wrong_call():
    with pytest.raises(UsageError, match="xml"):
        scrub(io.BytesIO(ROW), None, rules=[], format="xml")
