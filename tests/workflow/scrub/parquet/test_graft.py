import io

import pyarrow as pa
import pytest

from tests.workflow.scrub.parquet import files
from workflow.errors import MalformedData
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import Chunk, File, Group, Meta, Offsets
from workflow.scrub.parquet.layout import chunk_meta, chunk_start

ROWS = 1000
INDEXED = {
    "row_group_size": 300,
    "write_page_index": True,
    "bloom_filter_options": {"email": True, "name": True, "id": True},
    "max_rows_per_page": 100,
}


def any_table():
    return pa.table(
        {
            "id": pa.array(range(ROWS)),
            "email": pa.array(
                [None if i % 7 == 0 else f"user{i}@example.com" for i in range(ROWS)]
            ),
            "name": pa.array([f"name {i % 50}" for i in range(ROWS)]),
        }
    )


@pytest.fixture(scope="module")
def indexed():
    return files.write(any_table(), **INDEXED)


def test_untouched_column_chunks_stay_the_same_bytes(indexed):
    out = files.run(indexed, ("email", "blank")).data

    before, after = files.chunks(indexed), files.chunks(out)

    assert before.keys() == after.keys()
    for place in before:
        same = files.chunk_bytes(indexed, before[place]) == files.chunk_bytes(out, after[place])
        assert same == (place[1] != "email")


def test_column_indexes_and_bloom_filters_of_untouched_columns_stay_the_same_bytes(indexed):
    out = files.run(indexed, ("email", "blank")).data

    before, after = files.chunks(indexed), files.chunks(out)

    for place in before:
        if place[1] != "email":
            for part in (files.column_index, files.bloom_filter):
                assert part(indexed, before[place]) == part(out, after[place]) is not None


def test_offset_indexes_point_at_the_pages_where_they_are_now(indexed):
    out = files.run(indexed, ("email", "blank")).data

    for place, chunk in files.chunks(out).items():
        locations = files.offset_index(out, chunk).sequence(Offsets.PAGES, compact.STRUCT)
        start, end = chunk_start(chunk_meta(chunk)), 0
        for location in locations:
            offset = location.number(Offsets.OFFSET)
            header, _end = compact.decode(out, offset)
            assert header.number(1) in (0, 3), place
            end = offset + location.number(Offsets.SIZE)
        assert end == start + chunk_meta(chunk).number(Meta.COMPRESSED)
        firsts = [location.number(Offsets.FIRST_ROW) for location in locations]
        assert firsts == list(range(0, 300 if place[0] < 3 else 100, 100))


def test_scrubbed_column_keeps_no_statistics_bloom_filter_or_column_index(indexed):
    out = files.run(indexed, ("email", "blank")).data

    for place, chunk in files.chunks(out).items():
        if place[1] == "email":
            assert files.column_index(out, chunk) is None
            assert files.bloom_filter(out, chunk) is None
            statistics = chunk_meta(chunk).struct(Meta.STATISTICS)
            assert set(statistics) == {3}
            assert statistics.number(3) == (43 if place[0] != 3 else 14)


def test_row_groups_schema_and_metadata_stay(indexed):
    out = files.run(indexed, ("email", "blank")).data

    before, after = (files.open_footer(data).metadata for data in (indexed, out))

    rows = [
        [group.number(Group.ROWS) for group in files.open_footer(d).groups] for d in (indexed, out)
    ]
    assert rows[0] == rows[1] == [300, 300, 300, 100]
    for field in (File.SCHEMA, File.KEY_VALUES, File.CREATED_BY, File.COLUMN_ORDERS, File.ROWS):
        assert before[field] == after[field]


def test_other_columns_read_the_same(indexed):
    out = files.run(indexed, ("email", "blank"))

    assert out.table.drop(["email"]).equals(any_table().drop(["email"]))
    assert out.column("email") == [None if i % 7 == 0 else "" for i in range(ROWS)]


def test_counts_what_it_did(indexed):
    report = files.run(indexed, ("email", "blank"), ("phone", "null")).report

    assert (report.rows, report.rows_dropped, report.changed) == (ROWS, 0, True)
    email, phone = report.rules
    assert (email.matched, email.changed, email.nulled, email.absent) == (1000, 857, 0, 0)
    assert (phone.matched, phone.changed, phone.nulled, phone.absent) == (0, 0, 0, 1000)


def test_second_pass_changes_no_byte(indexed):
    first = files.run(indexed, ("email", "blank"), ("name", "null"))

    second = files.run(first.data, ("email", "blank"), ("name", "null"))

    assert second.data == first.data
    assert not second.report.changed


@pytest.mark.parametrize("rules", [[], [("phone", "blank")], [("id.x", "null")]])
def test_file_without_selected_columns_is_copied(indexed, rules):
    out = files.run(indexed, *rules)

    assert out.data == indexed
    assert out.report.sha256_in == out.report.sha256_out


def test_file_whose_selected_values_are_clean_already_is_copied():
    table = any_table().set_column(1, "email", pa.nulls(ROWS, pa.string()))
    data = files.write(table, **INDEXED | {"bloom_filter_options": {"name": True}})

    assert files.run(data, ("email", "blank")).data == data


def test_rewrites_only_the_row_groups_that_hold_something():
    emails = [""] * 500 + ["a@example.com"] * 500
    data = files.write(pa.table({"email": emails}), row_group_size=500)

    out = files.run(data, ("email", "blank")).data

    before, after = files.chunks(data), files.chunks(out)
    assert files.chunk_bytes(data, before[0, "email"]) == files.chunk_bytes(out, after[0, "email"])
    assert files.chunk_bytes(data, before[1, "email"]) != files.chunk_bytes(out, after[1, "email"])


@pytest.mark.parametrize("groups", [1, 1000])
def test_keeps_any_number_of_row_groups(groups):
    data = files.write(any_table(), row_group_size=ROWS // groups)

    out = files.run(data, ("email", "blank"))

    assert len(files.open_footer(out.data).groups) == groups
    assert out.table.drop(["email"]).equals(any_table().drop(["email"]))


def test_file_without_rows_is_copied():
    data = files.write(any_table().slice(0, 0))

    assert files.run(data, ("email", "null")).data == data


def test_unknown_fields_of_the_footer_stay(indexed):
    def add(metadata):
        metadata[99] = (compact.BINARY, b"of the future")
        metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0][77] = (compact.I64, 5)
        chunk = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0].sequence(1, compact.STRUCT)[0]
        chunk_meta(chunk)[66] = (compact.TRUE, False)

    out = files.run(files.rewrite_footer(indexed, add), ("email", "blank")).data

    metadata = files.open_footer(out).metadata
    assert metadata[99] == (compact.BINARY, b"of the future")
    group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
    assert group.number(77) == 5
    assert chunk_meta(group.sequence(1, compact.STRUCT)[0]).flag(66) is False


def test_footer_extension_goes_because_it_copies_the_footer(indexed):
    def add(metadata):
        metadata[32767] = (compact.BINARY, b"flatbuffer with minima and maxima")

    out = files.run(files.rewrite_footer(indexed, add), ("email", "blank")).data

    assert 32767 not in files.open_footer(out).metadata


def sorted_by(data, *columns):
    def claim(metadata):
        for group in metadata.sequence(File.ROW_GROUPS, compact.STRUCT):
            claims = []
            for column in columns:
                sorting = compact.Struct({2: (compact.TRUE, False), 3: (compact.TRUE, True)})
                sorting.set_number(1, column, kind=compact.I32)
                claims.append(sorting)
            group.set_sequence(Group.SORTING, compact.STRUCT, claims)

    return files.rewrite_footer(data, claim)


def sorting_claims(data):
    return [
        [claim.number(1) for claim in group.sequence(Group.SORTING, compact.STRUCT)]
        for group in files.open_footer(data).groups
    ]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (("name", "blank"), [0, 1]),
        (("email", "blank"), [0]),
        (("id", "null"), []),
        (("name", "drop"), [0, 1]),
        (("id", "drop"), []),
    ],
)
def test_sorting_is_claimed_only_up_to_the_first_scrubbed_column(indexed, rule, left):
    out = files.run(sorted_by(indexed, 0, 1, 2), rule).data

    assert sorting_claims(out) == [left] * 4


def with_gap(data, gap):
    """Return a file with bytes between its last part and its footer."""
    found = files.open_footer(data)
    return data[: found.start] + gap + data[found.start :]


def test_padding_stays_where_nothing_changes():
    data = with_gap(files.write(pa.table({"a": ["", None]}), write_statistics=False), bytes(64))

    assert files.run(data, ("a", "blank")).data == data


def test_bytes_that_no_part_owns_are_left_out():
    data = with_gap(files.write(pa.table({"a": ["", None]})), files.CANARY.encode())

    out = files.run(data, ("a", "blank"))

    assert files.CANARY.encode() not in out.data
    assert out.report.changed
    assert files.run(out.data, ("a", "blank")).data == out.data


def test_metadata_copies_behind_the_chunks_of_old_writers_go():
    # Older versions of Arrow leave ColumnMetaData, minimum and maximum included, behind each chunk.
    data = files.write(pa.table({"a": [files.CANARY], "b": ["x"]}), compression="none")
    found = files.open_footer(data)
    chunk = found.groups[0].sequence(Group.COLUMNS, compact.STRUCT)[1]
    meta = chunk_meta(chunk)
    chunk.set_number(Chunk.FILE_OFFSET, found.start)
    data = with_gap(data, compact.encode(meta))
    tail = files.footer.encode(found.metadata)
    data = data[: len(data) - len(found.raw)] + tail

    assert files.run(data, ("b", "blank")).table["b"].to_pylist() == [""]
    untouched = files.run(data, ("a", "blank"))
    assert files.CANARY.encode() not in files.plain_pages(untouched.data)
    assert files.chunks(untouched.data)[0, "b"].number(Chunk.FILE_OFFSET) == 0


def test_reads_a_source_that_answers_in_small_pieces(indexed):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1000) if size > 0 else size)

    sink = io.BytesIO()
    files.scrub(Slow(indexed), sink, rules=[files.Rule("email", "blank")], format="parquet")

    assert sink.getvalue() == files.run(indexed, ("email", "blank")).data


def test_bloom_filter_whose_length_is_not_told_is_measured(indexed):
    def forget(metadata):
        for group in metadata.sequence(File.ROW_GROUPS, compact.STRUCT):
            for chunk in group.sequence(Group.COLUMNS, compact.STRUCT):
                chunk_meta(chunk).drop(Meta.BLOOM_LENGTH)

    data = files.rewrite_footer(indexed, forget)

    out = files.run(data, ("email", "blank")).data

    before, after = files.chunks(indexed)[0, "name"], files.chunks(out)[0, "name"]
    start = chunk_meta(after).number(Meta.BLOOM)
    bloom = files.bloom_filter(indexed, before)
    assert out[start : start + len(bloom)] == bloom


def test_columns_without_a_column_index_are_grafted_beside_others_with_one():
    # No writer gives a page of NaN only a column index (parquet-java's ParquetRewriter: #2826).
    table = pa.table({"nan": [float("nan")] * 500, "email": ["x"] * 500, "id": range(500)})
    data = files.write(table, row_group_size=200, write_page_index=True)

    out = files.run(data, ("email", "blank"))

    before, after = files.chunks(data), files.chunks(out.data)
    for group in range(3):
        for name in ("nan", "id"):
            place = (group, name)
            assert files.chunk_bytes(data, before[place]) == files.chunk_bytes(
                out.data, after[place]
            )
            assert files.column_index(data, before[place]) == files.column_index(
                out.data, after[place]
            )
    assert out.column("id") == [*range(500)]


def test_overlapping_parts_are_malformed(indexed):
    def overlap(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        first, second = group.sequence(Group.COLUMNS, compact.STRUCT)[:2]
        second.set_struct(Chunk.META, compact.Struct(chunk_meta(second)))
        for field in (Meta.DATA_PAGE, Meta.DICTIONARY_PAGE):
            chunk_meta(second)[field] = chunk_meta(first)[field]

    with pytest.raises(MalformedData, match="overlap"):
        files.run(files.rewrite_footer(indexed, overlap), ("email", "blank"))


def test_offset_that_leads_nowhere_is_left_as_it_is(indexed):
    """Moved with its chunk, it would lead into another one."""

    def lead_nowhere(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[1]
        name = group.sequence(Group.COLUMNS, compact.STRUCT)[2]
        chunk_meta(name).set_number(Meta.DATA_PAGE, -2)

    data = files.rewrite_footer(indexed, lead_nowhere)
    out = files.run(data, ("email", "hash")).data

    assert chunk_meta(files.chunks(out)[1, "name"]).number(Meta.DATA_PAGE) == -2
    assert files.run(out, ("email", "hash")).data == out
