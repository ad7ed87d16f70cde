"""The native core takes what the strict reader takes, token by token, and nothing else.

Every byte, escape and number is tried at every kind of place, in all three layouts. What the core
takes is answered at once here: no reference behind it can hide a wrong answer.
"""

import itertools
import json
from pathlib import Path

import pytest

from workflow.scrub import Rule, ScrubOptions
from workflow.scrub.jsontext.strict import MAX_DEPTH, Fault, check_json
from workflow.scrub.native.loop import NativeLoop
from workflow.scrub.plan import bind

EDGES = b'\x00 "\\\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xff'
LEADS = [0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF]
LEADS += [0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
SUITE = json.loads((Path(__file__).parent / "json_test_suite.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def loop():
    return NativeLoop.for_plan(bind([Rule("a", "blank"), Rule("d", "drop")], ScrubOptions()))


def is_json(text):
    try:
        check_json(text)
    except Fault:
        return False
    return True


def assert_judged_alike(loop, text):
    expected = is_json(text)
    assert (loop.scrub_document(text) is not None) == expected, text
    assert (loop.scrub_elements(text + b",") is not None) == expected, text
    if b"\n" not in text and text.strip(b" \t\r"):
        assert (loop.scrub_lines(text) is not None) == expected, text
        assert (loop.scrub_lines(text + b"\n{}") is not None) == expected, text


def in_a_text(piece):
    yield b'["%b"]' % piece
    yield b'{"%b":1}' % piece
    # So that the piece stands among the bytes that are looked at together, and behind them.
    yield b'["%b"]' % (b"x" * 20 + piece + b"y" * 20)
    yield b'["x%b' % piece


@pytest.mark.parametrize("lead", range(256))
def test_utf_8(loop, lead):
    pieces = [bytes([lead]), *(bytes([lead, second]) for second in range(256))]
    if lead in LEADS:
        pieces += [bytes([lead, *rest]) for rest in itertools.product(EDGES, repeat=2)]
        pieces += [bytes([lead, *rest]) for rest in itertools.product(EDGES[4:12], repeat=3)]
    for piece in pieces:
        for text in in_a_text(piece):
            assert_judged_alike(loop, text)


def test_escapes(loop):
    pieces = [b"\\" + bytes([letter]) for letter in range(256)]
    pieces += [b"\\u" + bytes(digits) for digits in itertools.product(b"0/9:@AFG`afg", repeat=4)]
    pieces += [b"\\u" + b"0" * count for count in range(5)]
    for piece in pieces:
        for text in in_a_text(piece):
            assert_judged_alike(loop, text)


def test_numbers(loop):
    for size in range(1, 6):
        for signs in itertools.product(b"-01.eE+", repeat=size):
            assert_judged_alike(loop, bytes(signs))
            assert_judged_alike(loop, b"[%b]" % bytes(signs))


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_between_tokens(loop, byte):
    odd = bytes([byte])
    for text in (
        *(b'%b{"a":1}', b'{%b"a":1}', b'{"a"%b:1}', b'{"a":%b1}', b'{"a":1%b}', b'{"a":1}%b'),
        *(b"[%b]", b"[1%b]", b"[1%b,2]", b"[1,%b2]", b"{%b}", b"%b", b"tru%b", b"t%bue", b"null%b"),
        *(
            b"[null%b]",
            b"[false%b",
            b"[fals%b]",
            b'{"a":1,%b}',
            b"[1,%b]",
            b'"a"%b',
            b'{"a":1%b"b":2}',
        ),
    ):
        assert_judged_alike(loop, text % odd)


@pytest.mark.parametrize(("opener", "closer"), [("[", "]"), ('{"a":', "}"), ('[{"d":', "}]")])
def test_depth(loop, opener, closer):
    levels = opener.count("[") + opener.count("{")
    for depth in range(MAX_DEPTH // levels - 2, MAX_DEPTH // levels + 3):
        for inner in ("1", "[]", "{}", ""):
            assert_judged_alike(loop, (opener * depth + inner + closer * depth).encode())


def test_suite(loop):
    for text in SUITE.values():
        data = text.encode("latin-1")
        for around in (b"%b", b" %b ", b"[%b]", b'{"a":%b}', b'{"d":%b,"a":1}'):
            assert_judged_alike(loop, around % data)


@pytest.mark.parametrize("batch", [b'{"a":1}', b'{"a":1} ', b"1,2", b"1,2,[", b",", b"1,,"])
def test_element_without_a_comma_is_not_taken(loop, batch):
    assert loop.scrub_elements(batch) is None


@pytest.mark.parametrize(
    "text",
    ["{\n}", "[1\n]", "[1,\n2]", '{"a"\n:1}', '{"a":\n1}', '{"a":1\n}', '"\n"', "{} {}", "{}{}"],
)
def test_line_that_is_not_one_row_is_not_taken(loop, text):
    assert loop.scrub_lines(text.encode()) is None
    assert loop.scrub_lines(f"{{}}\n{text}\n{{}}\n".encode()) is None
