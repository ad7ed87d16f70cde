import gzip
import io

import pytest

from workflow.errors import UnsupportedFormat, UsageError
from workflow.scrub import Rule, scrub

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
        ("x.json", b'{"a":"' + b"x" * 100_000 + b'"}\n' + ROW, "ndjson"),
        ("x.csv", b"[a],b\n1,2\n", "csv"),
        ("x.tsv.gz", gzip.compress(b"a\tb\n", mtime=0), "tsv"),
        ("x", b"a,b\n1,2\n", "csv"),
        ("", b"a\tb\n1\t2\n", "tsv"),
        ("x.gz", gzip.compress(ROW, mtime=0), "ndjson"),
    ],
)
def test_format_is_told_by_suffix_then_by_content(name, data, expected):
    report = scrub(io.BytesIO(data), None, rules=[Rule("a", "blank")], name=name)

    assert report.format == expected


@pytest.mark.parametrize("data", [b"hello", b"\x00\x01,\x02", b"\xff\xd8\xff\xe0,", b"<a>1</a>"])
def test_unknown_format_is_refused(data):
    with pytest.raises(UnsupportedFormat):
        scrub(io.BytesIO(data), None, rules=[], name="x")


def test_unknown_format_name_is_a_wrong_call():
    with pytest.raises(UsageError, match="xml"):
        scrub(io.BytesIO(ROW), None, rules=[], format="xml")
