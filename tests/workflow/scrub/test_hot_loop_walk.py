r"""Small rows put together from what could mislead the hot loop, by the thousand.

Names that are values too, values that look like a name with its colon, texts that end with a quote
and the name, names written with an escape, and spaces in odd places.
"""

import io
import random

import pytest

from tests.workflow.scrub.chunks import Chunks
from workflow.errors import PermanentError, PolicyError
from workflow.scrub import RowRule, Rule, ScrubOptions, check_rules, scrub
from workflow.scrub.jsontext.batches import hot_loop, python_loop
from workflow.scrub.plan import bind

KELVIN = "\u212a"
NAMES = [
    *('"k"', '"k"', '"k"', '"n"', '"x"', '"y"', '"K"', '""', '"a\\"k"', '"\\u006b"', '"\\u006e"'),
    *(f'"{KELVIN}"', '"\\u212A"'),
]
TEXTS = [
    *('"k"', '"n"', '"v"', '""', '","', '", "', '": "', '"{"', '"}"', '"\\n"', '"x\\\\"', '"k\\""'),
    *('"\\"k"', '"\\"k\\": \\""', '",\\"k\\": "', '"\\u006b"', '"\\\\u006b"', '"a longer one"'),
]
OTHERS = ["null", "1", "true", "{}", "[]", '["k"]', '["k", "v"]', '[1, {"k": "v"}]']
COLONS = [*[": "] * 12, ":", " : ", " :", ":  "]
COMMAS = [*[", "] * 6, ","]
RULES = [
    [Rule("k", "blank")],
    [Rule("k", "null")],
    [Rule("k", "replace", {"with": "k"})],
    [Rule("k", "replace", {"with": "x\\"})],
    [Rule("k", "truncate", {"length": 1})],
    [Rule("n.k", "blank")],
    [Rule("n[*].k", "blank")],
    [Rule("k", "blank"), Rule("n", "null")],
    [Rule("k", "blank"), Rule("n.x", "mask", {"keep_last": 1})],
    [Rule("k", "drop")],
    [Rule("n.k", "drop"), Rule("x", "drop")],
    [Rule("k", "drop"), Rule("n", "blank"), Rule("x", "drop")],
    [Rule("k[*]", "blank")],
    [Rule("k[*]", "drop"), Rule("x", "blank")],
    [Rule("n.k[*]", "null"), Rule("x[*][*]", "mask", {})],
    [Rule("k", "blank", missing="reject")],
    [Rule("k[*]", "blank", missing="reject")],
]
ROW_RULES = [
    None,
    None,
    RowRule("x", equals="v"),
    RowRule("x.y", equals="v"),
    RowRule("y", is_null=True),
    RowRule("y", is_null=False),
    RowRule("y", among=("", 1)),
]


def value(source, texts, depth):
    kind = source.random()
    if kind < 0.7:
        return source.choice(texts)
    return source.choice(OTHERS) if kind < 0.85 or depth > 2 else row(source, texts, depth + 1)


def row(source, texts, depth=0):
    often = source.choice([": ", ": ", source.choice(COLONS)])
    members = [
        source.choice(NAMES)
        + (often if source.random() < 0.9 else source.choice(COLONS))
        + value(source, texts, depth)
        for _ in range(source.randrange(4))
    ]
    return "{" + source.choice(COMMAS).join(members) + "}"


def some_options(rules, source):
    if source.random() < 0.3:
        return ScrubOptions(ignore_case=True)
    options = ScrubOptions(drop_rows=source.choice(ROW_RULES))
    try:
        check_rules(rules, options)
    except PolicyError:
        return ScrubOptions()
    return options


def by_the_reference(block, rules, options):
    """Return the bytes and the report, or None where the reference refuses the block."""
    sink = io.BytesIO()
    way = {"rules": rules, "format": "ndjson", "options": options, "trace": lambda _: None}
    try:
        report = scrub(io.BytesIO(block), sink, **way)
    except PermanentError:
        return None
    return sink.getvalue(), report.rules, report.rows, report.rows_dropped


@pytest.mark.parametrize("find_loop", [hot_loop, python_loop])
@pytest.mark.parametrize("seed", range(8))
def test_does_what_the_reference_does_wherever_it_does_anything(seed, find_loop):
    source = random.Random(seed)
    done = 0
    for _ in range(500):
        rules = source.choice(RULES)
        # Few different ones, so that the same value often stands in two places.
        texts = source.sample(TEXTS, 3)
        block = "".join(row(source, texts) + "\n" for _ in range(source.randrange(1, 4))).encode()
        if source.random() < 0.1:
            block = block.upper().replace(b"NULL", b"null").replace(b"TRUE", b"true")
        options = some_options(rules, source)
        plan = bind(rules, options)
        loop = find_loop(plan)

        hot = loop and loop.scrub_lines(block)

        if hot is None and find_loop is hot_loop:
            assert by_the_reference(block, rules, options) is None, block
        if hot is not None:
            done_here = (hot, plan.counts(), plan.rows, plan.dropped)
            assert done_here == by_the_reference(block, rules, options), block
            done += 1
    assert done > 50


WAYS = [{"native": True}, {"native": False}, {"trace": lambda _: None}]


BETWEEN = [",", ", ", ",\n", " ,\n  ", ",\r\n\t"]
DAMAGE = ["", "", "", "]", "}", '"', ",", "[", "{", " 1", "\\", "\x01"]


def outcome(data, rules, options, way, chunk=1 << 20):
    sink = io.BytesIO()
    source = Chunks(data, chunk)
    try:
        report = scrub(source, sink, rules=rules, format="json", options=options, **way)
    except PermanentError as error:
        return str(error)
    return sink.getvalue(), report.rules, report.rows, report.rows_dropped


@pytest.mark.parametrize("seed", range(8))
def test_cuts_arrays_where_the_reference_does_whole_and_damaged(seed):
    source = random.Random(seed)
    refused = 0
    for _ in range(250):
        rules = source.choice(RULES)
        texts = source.sample(TEXTS, 3)
        between = source.choice(BETWEEN)
        text = "".join(
            row(source, texts) + (between if source.random() < 0.95 else source.choice(BETWEEN))
            for _ in range(source.randrange(1, 5))
        )
        array = f"[{text}{row(source, texts)}]"
        at = source.randrange(len(array))
        data = (array[:at] + source.choice(DAMAGE) + array[at:]).encode()
        options = some_options(rules, source)

        *hot, reference = (outcome(data, rules, options, way) for way in WAYS)

        assert hot == [reference, reference], data
        if not isinstance(reference, str):
            size = source.randrange(1, 50)
            assert outcome(data, rules, options, WAYS[0], size) == reference, (data, size)
        refused += isinstance(reference, str)
    assert 20 < refused < 230
