import codecs
import io

import pytest

from tests.workflow.scrub.chunks import Chunks
from workflow.errors import MalformedData, PolicyError, UnsupportedEncoding
from workflow.scrub import Rule, ScrubOptions, scrub

TEXT = "name,city\nZoë,Köln\nJosé,Málaga\n"
AFTER = "name,city\nZoë,\nJosé,\n"


def scrubbed(data, encoding=None, *, rule=None, size=3):
    sink = io.BytesIO()
    options = ScrubOptions(encoding=encoding)
    rules = [rule or Rule("city", "blank")]
    scrub(Chunks(data, size), sink, rules=rules, format="csv", options=options)
    return sink.getvalue()


@pytest.mark.parametrize(
    "name", ["latin-1", "cp1252", "UTF-8", "utf-16-le", "utf_32_be", "mac-roman"]
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_encoding_of_the_policy_is_kept(name, size):
    assert scrubbed(TEXT.encode(name), name, size=size) == AFTER.encode(name)


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
    ],
)
def test_byte_order_mark_tells_the_kind_and_is_kept(name, mark):
    family = "-".join(name.split("-")[:2])

    for encoding in {name, family}:
        assert scrubbed(mark + TEXT.encode(name), encoding) == mark + AFTER.encode(name)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), None),
        (codecs.BOM_UTF8 + TEXT.encode(), "latin-1"),
        (TEXT.encode("latin-1"), None),
        (TEXT.encode("utf-16-le"), "utf-16"),
        (TEXT.encode("latin-1"), "ascii"),
        (TEXT.encode("utf-16-le")[:-1], "utf-16-le"),
        (b"name,city\n+2AA-,x\n", "utf-7"),
    ],
)
def test_text_in_another_encoding_is_refused(data, encoding):
    with pytest.raises(UnsupportedEncoding):
        scrubbed(data, encoding)


def test_value_that_cannot_be_written_is_refused():
    with pytest.raises(MalformedData, match="cannot be written in"):
        scrubbed(TEXT.encode("latin-1"), "latin-1", rule=Rule("city", "replace", {"with": "東京"}))


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "zlib"])
def test_what_is_no_text_encoding_is_refused_at_load(name):
    with pytest.raises(PolicyError, match="unknown encoding"):
        ScrubOptions(encoding=name)
