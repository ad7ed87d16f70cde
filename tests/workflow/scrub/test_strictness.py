"""The files of JSONTestSuite (Nicolas Seriot, MIT licence), kept by name in one file as Latin-1.

The two that are too long to keep are made here. `y_` must be accepted, `n_` must be refused.
"""

import io
import json
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.errors import MalformedData, PermanentError
from workflow.scrub import Rule, scrub
from workflow.scrub.jsontext.strict import MAX_DEPTH, Fault, check_json, read_slowly

TEXTS = json.loads((Path(__file__).parent / "json_test_suite.json").read_text(encoding="utf-8"))
TEXTS |= {
    "n_structure_100000_opening_arrays": "[" * 100_000,
    "n_structure_open_array_object": '[{"":' * 50_000,
}
SUITE = {name: text.encode("latin-1") for name, text in TEXTS.items()}
RULES = [Rule("a", "blank"), Rule("b[*].c", "null")]


def scrubbed(data, format_name):
    sink = io.BytesIO()
    scrub(io.BytesIO(data), sink, rules=RULES, format=format_name)
    return sink.getvalue()


@pytest.mark.parametrize("name", [name for name in SUITE if name.startswith("y_")])
def test_valid_text_is_accepted(name):
    scrubbed(SUITE[name], "json")
    if b"\n" not in SUITE[name]:
        scrubbed(SUITE[name], "ndjson")


@pytest.mark.parametrize("name", [name for name in SUITE if name.startswith("n_")])
def test_invalid_text_is_refused(name):
    with pytest.raises(PermanentError):
        scrubbed(SUITE[name], "json")
    if SUITE[name].removeprefix(b"\xef\xbb\xbf").strip():
        with pytest.raises(PermanentError):
            scrubbed(SUITE[name] + b'\n{"a":"x"}\n', "ndjson")


@pytest.mark.parametrize("name", [name for name in SUITE if name.startswith("i_")])
def test_undecided_text_is_scrubbed_or_refused_by_name(name):
    with suppress(PermanentError):
        scrubbed(SUITE[name], "json")


SIGNS = [*'{}[],:"\\\x0b\0é.e- \n\t']
TOKENS = ['"a"', '"\\u00e9"', '"\\ud800"', "1", "-0.5e+3", "01", "true", "null", "nul", "NaN"]
PIECES = st.sampled_from(SIGNS + TOKENS)


@settings(max_examples=1500)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_quick_answer_is_the_slow_one(text):
    """msgspec alone may refuse what the grammar allows (lone surrogates), never the other way."""
    data = text.encode()
    try:
        msgspec.json.Decoder(msgspec.Raw).decode(data)
        quick = True
    except msgspec.DecodeError:
        quick = False
    try:
        read_slowly(data)
        slow = True
    except Fault:
        slow = False

    assert slow == quick or (slow and "\\ud800" in text)
    assert slow == _is_json(text)


def _is_json(text):
    def refuse(word):
        raise ValueError(word)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("opener", ["[", '{"a":'])
@pytest.mark.parametrize("format_name", ["json", "ndjson"])
def test_depth_has_a_limit(opener, format_name):
    closer = {"[": "]", '{"a":': "}"}[opener]
    deepest = opener * MAX_DEPTH + "1" + closer * MAX_DEPTH
    row = '{"b":1,"x":%s}\n'

    assert scrubbed((row % deepest[len(opener) : -1]).encode(), format_name)
    with pytest.raises(MalformedData, match="deeper than 500"):
        scrubbed((row % deepest).encode() * 3, format_name if format_name == "ndjson" else "ndjson")
    with pytest.raises(Fault, match="deeper than 500"):
        check_json((opener * (MAX_DEPTH + 1) + "1" + closer * (MAX_DEPTH + 1)).encode())
