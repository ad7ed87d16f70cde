"""The hot loops, in C and in Python, against the reference, on rows made to mislead them.

Whoever watches the values (`trace`) gets the reference, and `native` says which hot loop is meant,
so that each way can be had.
"""

import io
import itertools
import json

import pytest

from workflow.scrub import RowRule, Rule, ScrubOptions, scrub
from workflow.scrub.jsontext.batches import hot_loop, python_loop
from workflow.scrub.jsontext.hot import HotLoop
from workflow.scrub.jsontext.strict import MAX_DEPTH
from workflow.scrub.native.loop import NativeLoop
from workflow.scrub.plan import bind

LONG = "x" * 600
PLAIN = '{"id": 1, "leaf": "%s", "n": {"leaf2": "y"}}'
DECOYS = [
    '{"leaf": "%s", "n": {"leaf": "%s"}}',
    '{"n": {"leaf": "%s"}, "leaf": "%s"}',
    '{"n": {"leaf": "%s"}}',
    '{"leaf": "%s", "leaf": "%s"}',
    '{"leaf": "%s", "l\\u0065af": "%s"}',
    '{"l\\u0065af": "%s", "n": {"leaf": "%s"}}',
    '{"n": {"leaf": "z"}, "l\\u0065af": "a value that is far longer, %s"}',
    '{"n": {"leaf": 1}, "l\\u0065af": "a value that is far longer, %s"}',
    '{"n": {"leaf": "a value that is far longer, %s"}, "l\\u0065af": ""}',
    '{"leaf":"%s", "n": {"leaf": "%s"}}',
    '{"leaf" : "%s"}',
    '{"leaf":\t"%s"}',
    '{"a": "leaf", "leaf": "%s"}',
    '{"a": "\\"leaf\\": \\"%s", "leaf": "%s"}',
    '{"a\\"leaf": "%s", "leaf": "%s"}',
    '{"leaf": "leaf", "a": "%s"}',
    '{"leaf": "%s\\\\"}',
    '{"leaf": "\\"%s"}',
    '{"leaf": {"leaf": "%s"}}',
    '{"leaf": ["%s", {"leaf": 1}], "n": 1}',
    '{"leaf": null}',
    '{"leaf": 12}',
    '{"leaf": 1, "n": {"leaf": 12}}',
    '{"leaf": true}',
    '{"leaf": "%s", "u": "\\u006ceaf"}',
    '{"leaf": "%s", "u": "\\\\u00\\u0041"}',
    '{"leaf": "%s\x7f"}',
    '{"leaf": "\\u0078%s"}',
    '{"leaf": "é"}',
    '["leaf", {"leaf": "%s"}]',
    '{"n": [{"leaf": "%s"}, {"leaf": "%s"}], "leaf": "%s"}',
    '{"leaf": "\ud83d\ude00%s"}'.encode("utf-16", "surrogatepass").decode("utf-16"),
    '{"leaf": "\\ud800%s"}',
    " " + PLAIN,
    PLAIN + " ",
    "",
]
RULES = [
    [Rule("leaf", "blank")],
    [Rule("leaf", "null")],
    [Rule("leaf", "mask", {"keep_last": 1})],
    [Rule("leaf", "truncate", {"length": 2}), Rule("n.leaf2", "replace", {"with": '"leaf"'})],
    [Rule("n[*].leaf", "blank")],
    [Rule("leaf", "truncate", {"length": 1000})],
    [Rule("leaf", "replace", {"with": "x"})],
    [Rule("leaf", "replace", {"with": "x" * 601})],
    [Rule("leaf", "replace", {"with": "é"})],
]


WAYS = [{"native": True}, {"native": False}, {"trace": lambda _: None}]


def each_way(data, rules, format_name="ndjson"):
    """Return what each hot loop makes of the data, and then what the reference does."""
    found = []
    for way in WAYS:
        sink = io.BytesIO()
        report = scrub(io.BytesIO(data), sink, rules=rules, format=format_name, **way)
        found.append((sink.getvalue(), report.rules, report.rows))
    return found


def assert_all_the_same(data, rules, format_name="ndjson"):
    *hot, reference = each_way(data, rules, format_name)
    assert hot == [reference, reference]
    return reference


def filled(row, value):
    return row.replace("%s", value)


@pytest.mark.parametrize("value", ["", "x", LONG])
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("decoy", DECOYS)
def test_decoy_among_plain_rows_changes_nothing(decoy, rules, value):
    rows = [filled(PLAIN, value), filled(decoy, value), filled(PLAIN, value or "z")]
    for order in set(itertools.permutations(rows)):
        for end in ("\n", "\r\n"):
            assert_all_the_same((end.join(order) + end).encode(), rules)
    if decoy:
        assert_all_the_same(f"[{', '.join(rows)}]".encode(), rules, "json")


@pytest.mark.parametrize(
    "data",
    [
        b'{"leaf": "x"} {"leaf": "y"}\n{"leaf":\n"z"}\n',
        b'{"leaf": "x"}{"leaf": "y"}\n',
        b'{"leaf": {\n"a": 1}}\n{"leaf": 1} {"leaf": 2}\n',
        b'{"leaf": "x"}\r{"leaf": "y"}\n',
        b'{"leaf": [\n1,\n2]}\n',
        b'{"leaf": "x\xff"}\n',
        b'{"leaf": "x\n"}\n',
    ],
)
@pytest.mark.parametrize("rules", RULES[:3], ids=lambda rules: rules[0].action)
def test_lines_that_are_not_one_row_each_are_refused(data, rules):
    from workflow.errors import PermanentError  # noqa: PLC0415

    for way in WAYS:
        with pytest.raises(PermanentError):
            scrub(io.BytesIO(data), None, rules=rules, format="ndjson", **way)


@pytest.mark.parametrize("find_loop", [NativeLoop.for_plan, HotLoop.for_plan])
@pytest.mark.parametrize("rules", RULES[:3], ids=lambda rules: rules[0].action)
@pytest.mark.parametrize("value", ["x", LONG])
def test_plain_rows_are_for_the_hot_loop(rules, value, find_loop):
    hot = find_loop(bind(rules, ScrubOptions()))
    block = (filled(PLAIN, value) + "\n").encode() * 100

    assert hot is not None
    assert hot.scrub_lines(block) is not None
    assert hot.scrub_lines(block[:-1]) is not None
    assert hot.scrub_lines(block.replace(b"\n", b"\r\n")) is not None
    assert hot.scrub_elements(block.replace(b"\n", b",\n")) is not None


@pytest.mark.parametrize("find_loop", [hot_loop, python_loop])
@pytest.mark.parametrize("name", ["leaf", "Leaf", "LEAF"])
def test_names_in_another_case_are_for_the_hot_loop(name, find_loop):
    hot = find_loop(bind(RULES[0], ScrubOptions(ignore_case=True)))
    block = (filled(PLAIN, "x").replace('"leaf"', f'"{name}"') + "\n").encode() * 100

    assert hot is not None
    assert hot.scrub_lines(block) == block.replace(b'"x"', b'""')
    assert hot.scrub_elements(block.replace(b"\n", b",\n")) is not None


def test_block_with_one_odd_row_is_halved_until_that_row_is_alone():
    rows = [filled(PLAIN, "x")] * 2000
    rows[777] = filled(DECOYS[0], "x")

    _, counts, _ = assert_all_the_same("\n".join(rows).encode(), RULES[0])

    assert counts[0].matched == 2000


@pytest.mark.parametrize("depth", [499, 500])
@pytest.mark.parametrize("order", [1, -1])
def test_element_may_nest_as_deep_wherever_it_stands(depth, order):
    from workflow.errors import MalformedData  # noqa: PLC0415

    deep = '{"leaf": "x", "n": ' + "[" * depth + "]" * depth + "}"
    data = f"[{', '.join(['{}', deep][::order])}]".encode()

    if depth < MAX_DEPTH:
        assert_all_the_same(data, RULES[0], "json")
        return
    for way in WAYS:
        with pytest.raises(MalformedData, match="nested deeper"):
            scrub(io.BytesIO(data), None, rules=RULES[0], format="json", **way)


def test_row_that_nests_too_deep_is_refused_where_a_text_in_it_looks_like_its_end():
    from workflow.errors import MalformedData  # noqa: PLC0415

    nested = "[" * 300 + '"},{",' + "[" * 300 + "]" * 600
    deep = f'{{"p": "{LONG * 2}", "n": {nested}}}'
    data = f'[{{"leaf":"x"}},{{"leaf":"x"}}, {deep},{{"leaf":"x"}}]'.encode()

    for way in WAYS:
        with pytest.raises(MalformedData, match="nested deeper"):
            scrub(io.BytesIO(data), None, rules=RULES[0], format="json", **way)


@pytest.mark.parametrize("between", ["", " ", "\n"])
def test_missing_comma_is_refused_where_a_new_text_looks_like_one(between):
    from workflow.errors import MalformedData  # noqa: PLC0415

    rules = [Rule("leaf", "replace", {"with": "},{"})]
    data = f'[{{"leaf":"x"}},{{"a":"x"}}{between}{{"a":"x"}},{{"leaf":"x"}}]'.encode()

    for way in WAYS:
        with pytest.raises(MalformedData, match="neither a comma"):
            scrub(io.BytesIO(data), None, rules=rules, format="json", **way)


NAMES = [
    *("n" * size for size in (1, 8, 31, 32, 33, 40, 63, 64, 65, 96, 100, 128, 129)),
    *(
        "é",
        "\u007f",
        "\u0080",
        "\u07ff",
        "\u0800",
        "\uffff",
        "\U00010000",
        "\U0001f600",
        "\U0010ffff",
    ),
    *(
        'a"b',
        "a\\b",
        "a/b",
        "a\bb",
        "a\fb",
        "a\nb",
        "a\rb",
        "a\tb",
        "a\0b",
        "\ud800",
        "\udc00",
        " ",
    ),
    *("\ud800\ud800", "\udc00\ud800", "AZ", "az", "@[`{", "kK\u212a", "kkk"),
    *("k", "\u212a", "\u212b", "\u2129", "\u2100", "\ud800\ue000", "\U00010400", "\udc00\udc00"),
]


def spellings(name):
    """Return the name as it may stand in JSON: with escapes, with few of them, without."""
    units = name.encode("utf-16-be", "surrogatepass")
    escaped = "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))
    yield f'"{escaped}"'
    yield json.dumps(name)
    if not any("\ud800" <= letter <= "\udfff" for letter in name):
        yield json.dumps(name, ensure_ascii=False)
    yield json.dumps(name).replace("/", "\\/")


@pytest.mark.parametrize("options", [ScrubOptions(), ScrubOptions(ignore_case=True)])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_are_found_however_they_are_spelled_and_no_others(name, options):
    quoted = "'" + name.replace("'", "''") + "'"
    rules = [Rule(quoted, "replace", {"with": "gone"})]
    rows = [
        f'{{{spelled}: "{number}"}}'
        for number, other in enumerate([*NAMES, name.upper(), name.lower()])
        for spelled in spellings(other)
    ]
    data = "\n".join(rows).encode("utf-8", "surrogatepass")
    found = []
    for way in WAYS:
        sink = io.BytesIO()
        report = scrub(io.BytesIO(data), sink, rules=rules, format="ndjson", options=options, **way)
        found.append((sink.getvalue(), report.rules))

    assert found == [found[2]] * 3
    assert found[2][1][0].matched >= len(list(spellings(name)))


@pytest.mark.parametrize("lead", ["", " ", " \t", "\n \n  ", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", " ", "\n\n "])
def test_row_that_goes_takes_its_line_and_no_other(lead, last):
    rows = [f'{lead}{{"leaf": "x", "goes": {n % 3 == 0}}}'.lower() for n in range(7)]
    data = ("\r\n".join(rows) + last).encode()
    found = []
    for way in WAYS:
        sink = io.BytesIO()
        options = ScrubOptions(drop_rows=RowRule("goes", equals=True))
        report = scrub(
            io.BytesIO(data), sink, rules=RULES[0], format="ndjson", options=options, **way
        )
        found.append((sink.getvalue(), report.rules, report.rows, report.rows_dropped))

    assert found == [found[2]] * 3
    assert found[2][3] == 3


@pytest.mark.parametrize("kept", ["first", "last", "middle", "none", "every third"])
def test_array_of_many_batches_loses_its_rows_as_one_by_one(kept):
    """Rows of a megabyte go together, so whole batches have none that stays."""
    count = 30_000
    keeps = {
        "first": lambda n: n < 100,
        "last": lambda n: n >= count - 100,
        "middle": lambda n: count // 2 <= n < count // 2 + 100,
        "none": lambda _: False,
        "every third": lambda n: n % 3 == 0,
    }[kept]
    rows = [
        f'{{"n": {n}, "goes": {int(not keeps(n))}, "leaf": "{LONG[:40]}"}}' for n in range(count)
    ]
    data = ("[\n  " + " ,\n  ".join(rows) + "\n]").encode()
    found = []
    for way in WAYS[::2]:
        sink = io.BytesIO()
        options = ScrubOptions(drop_rows=RowRule("goes", equals=1))
        report = scrub(
            io.BytesIO(data), sink, rules=RULES[0], format="json", options=options, **way
        )
        found.append((sink.getvalue(), report.rules, report.rows, report.rows_dropped))

    assert found[0] == found[1]
    assert json.loads(found[0][0]) == [
        {"n": n, "goes": 0, "leaf": ""} for n in range(count) if keeps(n)
    ]
