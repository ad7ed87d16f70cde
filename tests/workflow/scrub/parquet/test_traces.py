import base64
import json
import struct

import pyarrow as pa
import pytest

from tests.workflow.scrub.parquet import files
from tests.workflow.scrub.parquet.bloom import BloomFilter
from workflow.scrub import Rule
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import Chunk, File, Group, Meta, Statistics
from workflow.scrub.parquet.layout import chunk_meta

ROWS = 300
ACTIONS = [
    Rule("email", "blank"),
    Rule("email", "null"),
    Rule("email", "drop"),
]


def canary(at):
    return f"c4n4ry{at * 7919:010}"


def any_table():
    return pa.table(
        {
            "email": [None if at % 9 == 0 else canary(at) for at in range(ROWS)],
            "note": [f"note {at}" for at in range(ROWS)],
            "l": [[{"card": canary(at + ROWS), "n": at}] * (at % 3) for at in range(ROWS)],
        }
    )


def spellings(text):
    raw = text.encode()
    yield raw
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    for shift in range(3):
        # The middle of a text reads the same in base64 wherever it starts in a group of three.
        yield base64.b64encode(b"x" * shift + raw)[4:-4]


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"data_page_version": "2.0"}])
@pytest.mark.parametrize("rule", ACTIONS, ids=lambda rule: rule.action)
def test_no_selected_value_is_left_in_any_page_statistic_or_dictionary(rule, options):
    data = files.write(
        any_table(),
        row_group_size=100,
        write_page_index=True,
        bloom_filter_options={"email": True, "note": True},
        compression="zstd",
        **options,
    )
    assert canary(8).encode() in files.plain_pages(data)

    out = files.run(data, rule, Rule("l[*].card", rule.action)).data

    pages = files.plain_pages(out)
    for at in range(2 * ROWS):
        for spelling in spellings(canary(at)):
            assert spelling not in pages


def test_bloom_filters_know_untouched_values_and_no_scrubbed_ones():
    data = files.write(any_table(), bloom_filter_options={"email": True, "note": True})
    chunks = files.chunks(data)
    before = BloomFilter.read(files.bloom_filter(data, chunks[0, "email"]))
    assert before.may_hold(canary(8).encode())
    assert not before.may_hold(b"never there")

    out = files.run(data, ("email", "blank")).data

    chunks = files.chunks(out)
    assert files.bloom_filter(out, chunks[0, "email"]) is None
    left = BloomFilter.read(files.bloom_filter(out, chunks[0, "note"]))
    assert all(left.may_hold(f"note {at}".encode()) for at in range(ROWS))


def clean(**options):
    return files.write(pa.table({"a": ["", None, ""], "b": [1, 2, 3]}), **options)


def test_clean_column_with_a_bloom_filter_is_written_anew():
    data = clean(bloom_filter_options={"a": True})

    out = files.run(data, ("a", "blank"))

    assert files.bloom_filter(out.data, files.chunks(out.data)[0, "a"]) is None
    assert out.report.changed
    assert files.run(out.data, ("a", "blank")).data == out.data


def change_meta(data, change):
    def apply(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        change(chunk_meta(group.sequence(Group.COLUMNS, compact.STRUCT)[0]))

    return files.rewrite_footer(data, apply)


@pytest.mark.parametrize("field", [Statistics.MIN, Statistics.MAX, Statistics.MIN_VALUE, 5])
def test_statistics_of_values_that_are_no_longer_there_go(field):
    data = change_meta(
        clean(), lambda meta: meta.struct(Meta.STATISTICS).set_binary(field, files.CANARY.encode())
    )

    out = files.run(data, ("a", "blank"))

    assert files.CANARY.encode() not in out.data
    assert out.report.changed


def test_metadata_of_a_column_that_we_do_not_know_goes_with_its_values():
    data = change_meta(clean(), lambda meta: meta.set_binary(99, files.CANARY.encode()))

    assert files.CANARY.encode() not in files.run(data, ("a", "blank")).data
    assert files.CANARY.encode() in files.run(data, ("b", "null")).data


def test_column_index_of_values_that_are_no_longer_there_goes():
    data = clean(write_page_index=True)
    chunk = files.chunks(data)[0, "a"]
    index, _end = compact.decode(files.column_index(data, chunk))
    index.set_sequence(2, compact.BINARY, [files.CANARY.encode()])
    raw, found = compact.encode(index), files.open_footer(data)
    chunk = found.groups[0].sequence(Group.COLUMNS, compact.STRUCT)[0]
    chunk.set_number(Chunk.COLUMN_INDEX, found.start)
    chunk.set_number(Chunk.COLUMN_INDEX_LENGTH, len(raw))
    data = data[: found.start] + raw + files.footer.encode(found.metadata)

    out = files.run(data, ("a", "blank"))

    assert files.CANARY.encode() not in out.data


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.binary(24), pa.int64()], ids=["text", "fixed", "number"]
)
def test_dictionary_entries_that_nothing_refers_to_go(kind):
    secret = {pa.int64(): 0x1122334455667788}.get(kind, files.CANARY.encode() + b"x")
    spelled = secret if isinstance(secret, bytes) else struct.pack("<q", secret)
    holds, empty = (
        files.write(pa.table({"a": pa.array([value], kind)}), compression="none")
        for value in (secret, None)
    )
    data = with_dictionary_of(holds, empty)
    assert spelled in data
    assert files.read(data)["a"].to_pylist() == [None]

    out = files.run(data, ("a", "blank"))

    assert spelled not in files.plain_pages(out.data)
    assert out.column("a") == [None]
    assert out.report.changed


def with_dictionary_of(other, data):
    """Return a file with the dictionary page of another."""
    (chunk,), (mine,) = files.chunks(other).values(), files.chunks(data).values()
    raw, own = files.chunk_bytes(other, chunk), files.chunk_bytes(data, mine)
    dictionary = next(files.pages.walk(files.io.BytesIO(raw).read, len(raw), base=0))
    pages = [*files.pages.walk(files.io.BytesIO(own).read, len(own), base=0)][1:]
    body = b"".join(compact.encode(page.header) + bytes(page.body) for page in (dictionary, *pages))
    found = files.open_footer(data)
    (group,) = found.groups
    meta = chunk_meta(group.sequence(Group.COLUMNS, compact.STRUCT)[0])
    meta.set_number(Meta.COMPRESSED, len(body))
    first = compact.encode(dictionary.header) + bytes(dictionary.body)
    meta.set_number(Meta.DATA_PAGE, 4 + len(first))
    return b"PAR1" + body + files.footer.encode(found.metadata)


def test_entries_of_an_arrow_dictionary_that_nothing_refers_to_go():
    array = pa.DictionaryArray.from_arrays(pa.array([0, None], pa.int8()), ["", files.CANARY])
    data = files.write(pa.table({"a": array}), store_schema=False, compression="none")
    assert files.CANARY.encode() in data

    out = files.run(data, ("a", "blank"))

    assert files.CANARY.encode() not in out.data
    assert out.column("a") == ["", None]


def geo_table():
    columns = {name: {"encoding": "WKB", "bbox": [1.5, 2.5, 3.5, 4.5]} for name in ("a", "b")}
    metadata = {"geo": json.dumps({"version": "1.1.0", "columns": columns})}
    table = pa.table({"a": [b"\x01\x02"], "b": [b"\x03\x04"], "n": [1]})
    return table.replace_schema_metadata(metadata)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"rules": [("a", "null")]}, {"b"}),
        ({"rules": [("n", "null")]}, {"a", "b"}),
        ({"rules": [], "drop_rows": files.RowRule("n", equals=1)}, set()),
    ],
)
def test_bounding_box_of_a_changed_column_goes(options, left):
    data = files.write(geo_table())

    out = files.run(data, *options.pop("rules"), **options).data

    described = files.open_footer(out).key_values()
    arrow = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(described["ARROW:schema"])))
    for text in (described["geo"], arrow.metadata[b"geo"]):
        columns = json.loads(text)["columns"]
        assert {name for name in columns if "bbox" in columns[name]} == left
