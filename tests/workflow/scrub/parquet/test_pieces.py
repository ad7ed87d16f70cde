"""A chunk that is worked on in many small pieces comes out as one that is worked on whole."""

import random
from collections import Counter
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.workflow.scrub.parquet import files
from tests.workflow.scrub.parquet.test_watch import traces
from workflow.errors import MalformedData
from workflow.scrub import RowRule, Rule
from workflow.scrub.parquet import (
    apply,
    chunk_reader,
    compact,
    dictionaries,
    hybrid,
    joining,
    levels,
    mapping,
    memory,
    pages,
    portions,
    schema,
)
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.fields import Meta, PageType
from workflow.scrub.parquet.layout import chunk_meta, chunk_start

ROWS = 900
WORDS = ["", "ann@example.com", "bob@example.com", "eve", "x" * 40, None]
KEYS = ["email", "name", "phone"]


def table():
    source = random.Random(5)
    pick = lambda: source.choice(WORDS)  # noqa: E731
    lists = [[pick() for _ in range(source.randrange(4))] or None for _ in range(ROWS)]
    maps = [[(key, pick()) for key in KEYS if source.random() < 0.7] for _ in range(ROWS)]
    structs = [[{"n": pick(), "m": pick()} for _ in range(source.randrange(3))] for _ in lists]
    struct = pa.struct([("n", pa.string()), ("m", pa.string())])
    return pa.table(
        {
            "text": [pick() for _ in lists],
            "country": [source.choice(["DE", "FR", "US", None]) for _ in lists],
            "distinct": [f"{at * 7919 % 100_003:012}" for at in range(ROWS)],
            "number": pa.array([source.randrange(1 << 30) for _ in lists], pa.int64()),
            "flag": pa.array([source.choice([True, False, None]) for _ in lists]),
            "tags": pa.array(lists, pa.list_(pa.string())),
            "cards": pa.array(structs, pa.list_(struct)),
            "attributes": pa.array(maps, pa.map_(pa.string(), pa.string())),
        }
    )


def long_rows():
    """A few rows, most of them longer than a piece."""
    source = random.Random(6)
    pick = lambda: source.choice(WORDS)  # noqa: E731
    sizes = [0, 400, 1, 2, 300, 0, 0, 150, 3, 250]
    words = [[pick() for _ in range(size)] for size in sizes]
    lists = [[own[at : at + 70] for at in range(0, len(own), 70)] for own in words]
    maps = [
        [(source.choice(KEYS), [pick() for _ in range(source.randrange(90))]) for _ in range(size)]
        for size in source.choices([0, 1, 3, 9], k=len(sizes))
    ]
    texts = [[(source.choice(KEYS), value) for value in own] for own in words]
    return pa.table(
        {
            "words": pa.array([own or None for own in words], pa.list_(pa.string())),
            "numbers": pa.array([[*range(size)] for size in sizes], pa.list_(pa.int32())),
            "flags": pa.array([[bool(value) for value in own] for own in words]),
            "lists": pa.array(lists, pa.list_(pa.list_(pa.string()))),
            "maps": pa.array(maps, pa.map_(pa.string(), pa.list_(pa.string()))),
            "texts": pa.array(texts, pa.map_(pa.string(), pa.string())),
            "cards": pa.array([[{"n": v, "m": v} for v in own] for own in words]),
        }
    )


TABLE = table()
LONG = long_rows()
RULES = [
    Rule("text", "hash"),
    Rule("distinct", "mask"),
    Rule("number", "generalize", {"bucket": 1000}),
    Rule("tags[*]", "blank"),
    Rule("cards[*].n", "null"),
    Rule("attributes.email", "redact", {"patterns": ["email"]}),
    Rule("attributes.phone", "replace", {"with": "-"}),
]
ONE_PAGE = {"data_page_size": 1 << 30, "max_rows_per_page": 1 << 30}
DELTA = dict.fromkeys(("text", "distinct", "tags.list.element"), "DELTA_BYTE_ARRAY")
LONG_RULES = [
    Rule("words[*]", "hash"),
    Rule("numbers[*]", "generalize", {"bucket": 10}),
    Rule("flags[*]", "replace", {"with": True}),
    Rule("lists[*][*]", "mask"),
    Rule("maps.email[*]", "replace", {"with": "-"}),
    Rule("texts.phone", "truncate", {"length": 1}),
    Rule("texts.name", "null"),
    Rule("cards[*].n", "null"),
]
LAYOUTS = {
    "dictionaries": {},
    "plain": {"use_dictionary": False},
    "delta": {
        "use_dictionary": False,
        "column_encoding": {**DELTA, "number": "DELTA_BINARY_PACKED"},
    },
    "tiny pages": {"max_rows_per_page": 2, "write_batch_size": 2},
    "small pages": {"max_rows_per_page": 37, "dictionary_pagesize_limit": 200},
    "groups": {"row_group_size": 250},
}


SMALL = (
    (portions, "PORTION", 300),
    (portions, "ENTRIES", 50),
    (portions, "_LONG", 60),
    (portions, "_FEW", 10),
    (chunk_reader, "_PIECE", 400),
    (chunk_reader, "ENTRIES", 50),
    (memory, "_STEP", 200),
    (memory, "LARGE", 400),
    (dictionaries, "MANY", 20),
    (chunk_reader, "MANY", 3),
    (dictionaries, "_BLOCK", 16),
    (apply, "PORTION", 300),
    (hybrid, "BLOCK", 16),
    (levels, "_BLOCK", 24),
    (mapping, "_PIECE", 24),
    (chunk_reader, "_PAGES", 30),
    (joining, "_MANY", 5),
    (joining, "_ENTRIES", 30),
)
USUAL = [(module, name, getattr(module, name)) for module, name, _value in SMALL]


@pytest.fixture
def small(monkeypatch):
    """Pieces of a few bytes, entries and values."""
    for module, name, value in SMALL:
        monkeypatch.setattr(module, name, value)


@pytest.fixture(params=["1.0", "2.0"])
def version(request):
    return request.param


def write(layout, version, **more):
    options = {**ONE_PAGE, **LAYOUTS[layout], **more}
    return files.write(
        TABLE, data_page_version=version, write_page_checksum=True, write_page_index=True, **options
    )


WHOLE = {}


@pytest.fixture
def whole(request):
    """What comes out where nothing is cut: the same for all layouts."""
    if request.param_index not in WHOLE:
        data = files.write(TABLE, **ONE_PAGE)
        WHOLE[request.param_index] = files.run(data, *request.param[0], drop_rows=request.param[1])
    return WHOLE[request.param_index]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "whole",
    [
        (RULES, None),
        (RULES, RowRule("country", matches="^[DF]")),
        ([], RowRule("attributes.name", equals="eve")),
        ([Rule("attributes[*]", "hash"), Rule("cards", "null")], RowRule("tags[*]", is_null=True)),
        ([Rule("cards[*].m", "drop"), Rule("cards[*].n", "truncate", {"length": 2})], None),
    ],
    indirect=True,
    ids=["rules", "rules and rows", "rows", "map and list", "drop"],
)
def test_small_pieces_give_the_same_values_and_counts(whole, small, layout, version, request):
    rules, test = request.node.callspec.params["whole"]
    data = write(layout, version)

    out = files.run(data, *rules, drop_rows=test)

    assert out.table.equals(whole.table)
    assert [vars(count) for count in out.report.rules] == [vars(c) for c in whole.report.rules]
    assert (out.report.rows, out.report.rows_dropped) == (
        whole.report.rows,
        whole.report.rows_dropped,
    )
    again = files.run(out.data, *rules, drop_rows=test)
    assert again.data == out.data
    assert not again.report.changed


LONG_CASES = [
    (LONG_RULES, None),
    (LONG_RULES, RowRule("cards[*].m", equals="x" * 40)),
    ([], RowRule("numbers[*]", equals=299)),
    ([], RowRule("maps.email[*]", matches="^x+$")),
    ([Rule("lists[*]", "null"), Rule("maps[*][*]", "hash")], RowRule("texts.name", equals="")),
    ([Rule("lists", "null"), Rule("cards[*]", "null"), Rule("words", "null")], None),
    ([Rule("cards[*].m", "drop"), Rule("words[*]", "drop"), Rule("lists[*]", "drop")], None),
    ([Rule("cards[*]", "drop"), Rule("lists[*][*]", "drop")], RowRule("flags[*]", equals=True)),
]


@cache
def whole_long(number):
    """What comes out of the long rows where nothing is cut."""
    rules, test = LONG_CASES[number]
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in USUAL:
            patch.setattr(module, name, value)
        return files.run(files.write(LONG, **ONE_PAGE), *rules, drop_rows=test)


# There are too few rows for several groups.
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "groups"])
@pytest.mark.parametrize("number", range(len(LONG_CASES)))
def test_rows_that_go_on_in_the_next_piece_are_rows(number, small, layout, version):
    options = {**ONE_PAGE, **LAYOUTS[layout]}
    data = files.write(LONG, data_page_version=version, write_page_index=True, **options)
    (rules, test), whole = LONG_CASES[number], whole_long(number)

    out = files.run(data, *rules, drop_rows=test)

    assert out.table.equals(whole.table)
    # A reader may skip what is left below a null.
    assert entries(out.data) == entries(whole.data)
    assert out.report.rows_dropped == whole.report.rows_dropped
    assert [vars(count) for count in out.report.rules] == [vars(c) for c in whole.report.rules]
    assert files.run(out.data, *rules, drop_rows=test).data == out.data
    for column in ("words.list.element", "lists.list.element.list.element"):
        for rows, firsts in page_rows(out.data, column):
            assert firsts == [sum(rows[:at]) for at in range(len(rows))]


def test_row_that_goes_leaves_no_page_open(small, version):
    """What comes after it is no part of the page that it started in."""
    lists = [["a"] * 10, ["b"] * 300, ["c"] * 10]
    data = files.write(
        pa.table({"a": lists, "c": [1, 2, 3]}),
        data_page_version=version,
        write_page_index=True,
        **ONE_PAGE,
    )

    out = files.run(data, drop_rows=RowRule("c", equals=2))

    assert out.column("a") == [lists[0], lists[2]]
    assert [rows for rows, _firsts in page_rows(out.data, "a.list.element")] == [[1, 1]]


def test_parts_of_a_row_under_a_key_are_written_alike(small, version):
    """A part of few values would be smaller plain, the whole row would not be."""
    values = [None] * 100 + [f"{at % 30:040}" for at in range(300)]
    row = [("email" if at % 2 else "x", value) for at, value in enumerate(values)]
    table = pa.table({"m": pa.array([row], pa.map_(pa.string(), pa.string()))})
    data = files.write(table, data_page_version=version, **ONE_PAGE)

    out = files.run(data, ("m.email", "hash"))

    whole = chunk_meta(files.chunks(out.data)[0, "m.key_value.value"])
    assert Meta.DICTIONARY_PAGE in whole
    assert [value for key, value in out.column("m")[0] if key == "x"] == values[::2]


def entries(data):
    """Return for each column how many values and nulls it has in all row groups."""
    found = Counter()
    for (_group, path), chunk in files.chunks(data).items():
        found[path] += chunk_meta(chunk).needed(Meta.VALUES, "values")
    return found


def page_rows(data, column):
    """Return the rows of each page of a column's chunks, and where the offset index says so."""
    found = []
    leaves = schema.build(files.open_footer(data).schema).leaves
    leaf = next(leaf for leaf in leaves if ".".join(leaf.path) == column)
    for (_group, path), chunk in files.chunks(data).items():
        if path != column:
            continue
        meta, raw = chunk_meta(chunk), files.chunk_bytes(data, chunk)
        codec = Codec(meta.needed(Meta.CODEC, "codec"))
        opened = [
            pages.open_page(page, leaf, codec)[0]
            for page in pages.walk(files.io.BytesIO(raw).read, len(raw), base=0)
            if page.type != PageType.DICTIONARY
        ]
        index = files.offset_index(data, chunk)
        firsts = [place.number(3) for place in index.sequence(1, compact.STRUCT)]
        found.append(([page.rows for page in opened], firsts))
        assert not any(page.first_level for page in opened)
    return found


@pytest.mark.parametrize("column", ["text", "distinct", "tags.list.element", "number"])
@pytest.mark.parametrize("layout", ["dictionaries", "plain", "delta"])
def test_long_pages_are_cut_where_rows_start(small, layout, version, column):
    data = write(layout, version)
    assert [len(rows) for rows, _firsts in page_rows(data, column)] == [1]

    out = files.run(data, *RULES)

    for rows, firsts in page_rows(out.data, column):
        assert len(rows) > 5
        assert sum(rows) == ROWS
        assert firsts == [sum(rows[:at]) for at in range(len(rows))]


def test_change_that_comes_late_is_counted_once(small, version):
    values = ["***"] * 500 + ["secret"] + [None, "***"] * 100
    data = files.write(pa.table({"a": values}), data_page_version=version, **ONE_PAGE)

    out = files.run(data, ("a", "mask"))

    assert out.column("a") == [value and "*" * len(value) for value in values]
    (count,) = out.report.rules
    assert (count.matched, count.changed, count.nulled, count.absent) == (701, 1, 0, 0)


def test_change_that_comes_late_is_shown_once(small):
    values = ["***"] * 500 + ["secret"]
    data = files.write(pa.table({"a": values}), **ONE_PAGE)

    seen = traces(data, Rule("a", "mask"))

    assert [trace.row for trace in seen] == list(range(1, 502))
    assert (seen[-1].before, seen[-1].after) == ("secret", "******")


def test_rare_use_of_a_large_dictionary_makes_the_pages_plain(small, version):
    data = files.write(TABLE, data_page_version=version, **ONE_PAGE)

    out = files.run(data, ("distinct", "mask"), ("text", "mask"))

    for path, plain in (("distinct", True), ("text", False)):
        meta = chunk_meta(files.chunks(out.data)[0, path])
        assert (Meta.DICTIONARY_PAGE not in meta) == plain
    assert out.column("distinct") == ["*" * 12] * ROWS


def test_row_that_is_as_long_as_a_page_stays_whole(small, version):
    lists = [["a"], [f"{at:09}" for at in range(300)], [], None, ["b", None]]
    options = {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}
    data = files.write(pa.table({"a": lists}), data_page_version=version, **options)

    out = files.run(data, ("a[*]", "hash"))

    hashed = files.run(files.write(pa.table({"a": lists})), ("a[*]", "hash"))
    assert out.table.equals(hashed.table)
    assert pc.list_value_length(out.table["a"]).to_pylist() == [1, 300, 0, None, 2]


@pytest.mark.parametrize("field", ["attributes.email", "attributes.phone"])
def test_map_with_fewer_keys_than_values_is_refused(small, field):
    data = files.write(TABLE.select(["attributes"]), use_dictionary=False, **ONE_PAGE)
    fewer = files.write(TABLE.select(["attributes"]).slice(0, ROWS - 3), use_dictionary=False)

    with pytest.raises(MalformedData, match="other numbers of keys"):
        files.run(with_keys_of(fewer, data), (field, "hash"))


def with_keys_of(other, data):
    """Return a file in which the keys of a map are those of another file, at the end."""
    path = (0, "attributes.key_value.key")
    chunk = files.chunks(other)[path]
    body = files.chunk_bytes(other, chunk)
    start = files.open_footer(data).start
    moved = data[:start] + body + data[start:]

    def change(metadata):
        (group,) = metadata.sequence(4, compact.STRUCT)
        meta = chunk_meta(group.sequence(1, compact.STRUCT)[0])
        meta.update(chunk_meta(chunk))
        meta.set_number(Meta.DATA_PAGE, start)

    return files.rewrite_footer(moved, change)


def test_page_of_more_values_than_its_chunk_is_refused():
    data = files.write(TABLE.select(["distinct"]), use_dictionary=False, **ONE_PAGE)

    def change(metadata):
        (group,) = metadata.sequence(4, compact.STRUCT)
        chunk_meta(group.sequence(1, compact.STRUCT)[0]).set_number(Meta.VALUES, ROWS - 1)

    with pytest.raises(MalformedData, match="another number of values"):
        files.run(files.rewrite_footer(data, change), ("distinct", "mask"))


def test_preview_looks_at_the_first_rows_only_however_many_pieces_there_are(small):
    data = files.write(pa.table({"a": [f"secret {at}" for at in range(5000)]}), **ONE_PAGE)

    seen = traces(data, Rule("a", "mask"))

    assert [trace.row for trace in seen] == list(range(1, len(seen) + 1))
    assert 1000 <= len(seen) < 1100


def test_preview_shows_each_row_that_starts_in_a_piece(small):
    """The piece may start inside another: that of the 300, here."""
    lists = [[None] * 3, [None] * 300, *([[None] * 3] * 15), ["r" * 40] * 90]
    data = files.write(pa.table({"a": lists}), use_dictionary=False, **ONE_PAGE)

    seen = traces(data, Rule("a[*]", "null"))

    assert {trace.row for trace in seen} == set(range(1, 19))
    assert [trace.path for trace in seen if trace.row == 3] == ["a[0]", "a[1]", "a[2]"]


def test_part_of_a_row_without_values_keeps_the_others_as_they_are(small, version, monkeypatch):
    """Each value for itself, what is a few indices could be gigabytes."""
    monkeypatch.setattr(joining, "dense", None)
    lists = [[None] * 200 + ["x" * 50, "y" * 50] * 100, ["z"]]
    table = pa.table({"a": pa.array(lists), "c": [1, 2]})
    data = files.write(table, data_page_version=version, **ONE_PAGE)

    out = files.run(data, drop_rows=RowRule("c", equals=2))

    assert out.column("a") == lists[:1]


def test_preview_of_a_column_that_goes_starts_with_the_rows_that_stay(small):
    gone = ["DE"] * 500 + ["FR"] * 100
    data = files.write(pa.table({"a": gone, "country": gone}), **ONE_PAGE)

    seen = traces(data, Rule("a", "drop"), drop_rows=RowRule("country", equals="DE"))

    assert [trace.row for trace in seen[:3]] == [1, 2, 3]
    assert {trace.before for trace in seen} == {"FR"}


def test_row_groups_need_not_stand_together():
    """The chunks of two groups in turns: columns first, then groups."""
    table = pa.table({"a": [f"secret{at}" for at in range(8)], "x": ["DE"] * 4 + ["FR"] * 4})
    data = interleaved(files.write(table, row_group_size=4, compression="none"))
    assert files.read(data).equals(table)

    masked = files.run(data, ("a", "mask"))
    dropped = files.run(data, ("a", "drop"))
    fewer = files.run(data, drop_rows=RowRule("x", equals="DE"))

    assert (masked.report.rows, masked.report.rules[0].matched) == (8, 8)
    assert (dropped.report.rows, dropped.report.rules[0].matched) == (8, 8)
    assert (fewer.report.rows, fewer.report.rows_dropped) == (8, 4)
    assert fewer.table.equals(table.slice(4))
    assert b"secret0" not in fewer.data
    assert files.run(fewer.data, drop_rows=RowRule("x", equals="DE")).data == fewer.data


def interleaved(data):
    found = files.chunks(data)
    out, starts = bytearray(data[:4]), {}
    for _group, path in sorted(found, key=lambda place: (place[1], place[0])):
        chunk = found[_group, path]
        starts[_group, path] = len(out) - chunk_start(chunk_meta(chunk))
        out += files.chunk_bytes(data, chunk)

    def change(metadata):
        for number, group in enumerate(metadata.sequence(4, compact.STRUCT)):
            for path, chunk in zip(("a", "x"), group.sequence(1, compact.STRUCT), strict=True):
                meta = chunk_meta(chunk)
                for field in (Meta.DATA_PAGE, Meta.DICTIONARY_PAGE):
                    meta.set_number(field, meta.number(field) + starts[number, path])
            group.drop(5)

    footer = data[files.open_footer(data).start :]
    return files.rewrite_footer(bytes(out) + footer, change)
