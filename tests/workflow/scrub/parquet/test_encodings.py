import itertools
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.workflow.scrub.parquet import files
from workflow.errors import UnsupportedCompression
from workflow.scrub import Rule
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import File, Group, Meta
from workflow.scrub.parquet.layout import chunk_meta

ROWS = 500
CODECS = ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]
ENCODINGS = ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "DICTIONARY"]


def texts():
    return [None if at % 5 == 0 else f"text {at % 90}" for at in range(ROWS)]


def encoded(table, encoding, **options):
    if encoding == "DICTIONARY":
        return files.write(table, **options)
    names = dict.fromkeys(["a"], encoding)
    return files.write(table, use_dictionary=False, column_encoding=names, **options)


def described(data, column=0):
    chunk = pq.ParquetFile(files.io.BytesIO(data)).metadata.row_group(0).column(column)
    return chunk.compression, set(chunk.encodings), chunk.physical_type, chunk.num_values


@pytest.mark.parametrize(
    ("codec", "encoding", "version"), [*itertools.product(CODECS, ENCODINGS, ["1.0", "2.0"])]
)
def test_codec_encoding_and_page_version_stay(codec, encoding, version):
    table = pa.table({"a": texts(), "b": range(ROWS)})
    data = encoded(table, encoding, compression=codec, data_page_version=version)

    out = files.run(data, Rule("a", "truncate", {"length": 6}))

    assert out.column("a") == [text and text[:6] for text in texts()]
    assert out.table["b"].equals(table["b"])
    assert described(out.data) == described(data)
    assert files.run(out.data, Rule("a", "truncate", {"length": 6})).data == out.data


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        (pa.int32(), "PLAIN"),
        (pa.int32(), "DELTA_BINARY_PACKED"),
        (pa.int32(), "BYTE_STREAM_SPLIT"),
        (pa.int32(), "DICTIONARY"),
        (pa.int64(), "DELTA_BINARY_PACKED"),
        (pa.int64(), "DICTIONARY"),
        (pa.float32(), "BYTE_STREAM_SPLIT"),
        (pa.float64(), "BYTE_STREAM_SPLIT"),
        (pa.float64(), "DICTIONARY"),
        (pa.bool_(), "PLAIN"),
        (pa.bool_(), "RLE"),
        (pa.decimal128(12, 2), "DELTA_BYTE_ARRAY"),
        (pa.decimal128(12, 2), "DICTIONARY"),
        (pa.binary(4), "BYTE_STREAM_SPLIT"),
    ],
    ids=str,
)
def test_rows_leave_columns_of_every_type_and_encoding_as_they_were(kind, encoding, version):
    values = {
        pa.bool_(): [at % 3 == 0 for at in range(ROWS)],
        pa.binary(4): [at.to_bytes(4, "big") for at in range(ROWS)],
    }.get(kind, [at % 60 for at in range(ROWS)])
    if pa.types.is_decimal(kind):
        values = [Decimal(value) / 4 for value in values]
    array = pa.array([None if at % 7 == 0 else v for at, v in enumerate(values)], kind)
    table = pa.table({"a": array, "country": ["DE" if at % 4 else "FR" for at in range(ROWS)]})
    data = encoded(table, encoding, data_page_version=version, max_rows_per_page=100)

    out = files.run(data, drop_rows=files.RowRule("country", equals="DE"))

    assert out.table.equals(table.filter([at % 4 == 0 for at in range(ROWS)]))
    assert described(out.data)[:3] == described(data)[:3]


def test_pages_keep_their_rows():
    data = files.write(pa.table({"a": texts()}), max_rows_per_page=70, write_page_index=True)

    out = files.run(data, ("a", "null")).data

    (before,), (after,) = files.chunks(data).values(), files.chunks(out).values()
    firsts = [
        [page.number(3) for page in files.offset_index(d, c).sequence(1, compact.STRUCT)]
        for d, c in ((data, before), (out, after))
    ]
    assert firsts[0] == firsts[1] == list(range(0, ROWS, 70))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_checksums_are_written_again_where_there_were_some(version):
    table = pa.table({"a": texts()})
    data = files.write(table, write_page_checksum=True, data_page_version=version)

    out = files.run(data, ("a", "blank")).data

    assert pq.read_table(files.io.BytesIO(out), page_checksum_verification=True).num_rows == ROWS
    (chunk,) = files.chunks(out).values()
    header, _end = compact.decode(files.chunk_bytes(out, chunk))
    assert header.number(4) is not None


def test_mixed_dictionary_and_plain_pages_stay_mixed():
    texts = [f"{at:08}" * 4 for at in range(5000)]
    data = files.write(
        pa.table({"a": texts}), dictionary_pagesize_limit=20_000, max_rows_per_page=200
    )

    out = files.run(data, Rule("a", "truncate", {"length": 20}))

    assert out.column("a") == [text[:20] for text in texts]
    assert described(out.data) == described(data)


def test_indices_take_as_few_bits_as_the_new_dictionary_needs():
    data = files.write(pa.table({"a": [f"{at % 200}" for at in range(10_000)]}), compression="none")

    out = files.run(data, Rule("a", "truncate", {"length": 1})).data

    assert len(out) < 10_000 * 4 / 8 + 1500
    assert files.read(out)["a"].to_pylist() == [f"{at % 200}"[:1] for at in range(10_000)]


def old_lz4(data):
    """Return a file written with LZ4_RAW in the framing of the old LZ4 codec."""
    sink = files.io.BytesIO(data)
    found = files.open_footer(data)
    chunk = found.groups[0].sequence(Group.COLUMNS, compact.STRUCT)[0]
    meta = chunk_meta(chunk)
    raw, parts = files.chunk_bytes(data, chunk), []
    for page in files.pages.walk(files.io.BytesIO(raw).read, len(raw), base=0):
        size = page.header.number(2)
        framed = size.to_bytes(4, "big") + len(page.body).to_bytes(4, "big") + bytes(page.body)
        page.header.set_number(3, len(framed))
        parts += [compact.encode(page.header), framed]
    body = b"".join(parts)
    meta.set_number(Meta.CODEC, 5)
    meta.set_number(Meta.COMPRESSED, len(body))
    meta.set_number(Meta.DATA_PAGE, 4)
    meta.drop(Meta.DICTIONARY_PAGE)
    sink = b"PAR1" + body
    return sink + files.footer.encode(found.metadata)


def test_old_lz4_keeps_its_framing():
    data = old_lz4(files.write(pa.table({"a": texts()}), compression="lz4", use_dictionary=False))
    assert files.read(data)["a"].to_pylist() == texts()

    out = files.run(data, Rule("a", "truncate", {"length": 6}))

    assert out.column("a") == [text and text[:6] for text in texts()]
    (chunk,) = files.chunks(out.data).values()
    assert chunk_meta(chunk).number(Meta.CODEC) == 5


def test_unknown_codec_is_refused_only_where_it_must_be_read():
    data = files.write(pa.table({"a": texts(), "b": texts()}), compression="none")

    def lzo(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        chunk_meta(group.sequence(Group.COLUMNS, compact.STRUCT)[0]).set_number(Meta.CODEC, 3)

    data = files.rewrite_footer(data, lzo)

    with pytest.raises(UnsupportedCompression, match="LZO"):
        files.run(data, ("a", "blank"))
    assert files.chunks(files.run(data, ("b", "blank")).data)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("action", ["null", "blank", "drop"])
def test_duckdb_reads_what_we_write(codec, action, tmp_path):
    table = pa.table({"a": texts(), "b": range(ROWS), "c": texts()})
    path = tmp_path / "out.parquet"
    path.write_bytes(files.run(files.write(table, compression=codec), ("a", action)).data)

    with duckdb.connect() as connection:
        rows = connection.execute(f"select b, c from '{path}'").fetchall()
        if action != "drop":
            query = f"select count(a) from '{path}' where a <> ''"
            assert connection.execute(query).fetchall() == [(0,)]

    assert rows == list(zip(range(ROWS), texts(), strict=True))
