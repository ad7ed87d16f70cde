import base64
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from tests.workflow.scrub.parquet import files
from workflow.errors import (
    MalformedData,
    ObjectTooLarge,
    SchemaMismatch,
    TableManaged,
    UnsupportedEncryption,
    UnsupportedFormat,
    UsageError,
)
from workflow.scrub import RowRule, Rule, scrub
from workflow.scrub.parquet import compact, table_format_of
from workflow.scrub.parquet.fields import Chunk, Element, File, Group, Meta
from workflow.scrub.parquet.layout import chunk_meta
from workflow.scrub.parquet.managed import Look, is_table_metadata, neighbours


def any_data(**options):
    return files.write(pa.table({"a": ["x", None], "b": [1, 2]}), **options)


class Vault(pe.KmsClient):
    def __init__(self, _config):
        super().__init__()

    def wrap_key(self, key_bytes, _master_key_identifier):
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key, _master_key_identifier):
        return base64.b64decode(wrapped_key)


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_encrypted_files_are_refused_by_name(plaintext_footer):
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["a"]}, plaintext_footer=plaintext_footer
    )
    properties = pe.CryptoFactory(Vault).file_encryption_properties(
        pe.KmsConnectionConfig(), config
    )
    sink = io.BytesIO()
    table = pa.table({"a": ["x"], "b": [1]})
    with pq.ParquetWriter(sink, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)

    with pytest.raises(UnsupportedEncryption, match="encrypted"):
        files.run(sink.getvalue(), ("b", "null"))


def test_encrypted_columns_are_refused_wherever_they_are_told_of():
    def encrypt(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        chunk = group.sequence(Group.COLUMNS, compact.STRUCT)[1]
        chunk.set_struct(Chunk.CRYPTO, compact.Struct())

    with pytest.raises(UnsupportedEncryption, match="columns"):
        files.run(files.rewrite_footer(any_data(), encrypt), ("a", "null"))


def test_summary_of_other_files_is_refused():
    def point_elsewhere(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        group.sequence(Group.COLUMNS, compact.STRUCT)[0].set_binary(1, b"part-0.parquet")

    with pytest.raises(UnsupportedFormat, match="summary"):
        files.run(files.rewrite_footer(any_data(), point_elsewhere), ("a", "null"))


@pytest.mark.parametrize(
    ("key", "metadata", "neighbours", "found"),
    [
        ("lake/t/part-0.parquet", {}, [], None),
        ("lake/t/part-0.parquet", {"ARROW:schema": "..."}, ["lake/t/part-1.parquet"], None),
        ("lake/t/data/0.parquet", {"iceberg.schema": "{}"}, [], "Iceberg"),
        ("lake/t/0.parquet", {"org.apache.hudi.bloomfilter": "..."}, [], "Hudi"),
        ("lake/t/_delta_log/00000000000000000010.checkpoint.parquet", {}, [], "Delta"),
        ("lake/t/_change_data/cdc-0.parquet", {}, [], "Delta"),
        ("lake/t/.hoodie/metadata/files/0.parquet", {}, [], "Hudi"),
        (
            "t/aa1a1a1a-bbbb-cccc-dddd-0123456789ab-0_0-21-23_20240131123000123.parquet",
            {},
            [],
            "Hudi",
        ),
        ("t/x=1/part-0.parquet", {}, ["t/_delta_log/00000000000000000000.json"], "Delta"),
        ("t/x=1/part-0.parquet", {}, ["t/.hoodie/hoodie.properties"], "Hudi"),
        ("t/data/0.parquet", {}, ["t/metadata/v1.metadata.json"], "Iceberg"),
        ("t/data/0.parquet", {}, ["t/metadata/snap-1-2.avro"], "Iceberg"),
        ("t/data/0.parquet", {}, ["metadata/version-hint.text"], "Iceberg"),
        ("t/data/0.parquet", {}, ["t/metadata/readme.json"], None),
        ("t2/part-0.parquet", {}, ["t/_delta_log/0.json", "t/.hoodie/x"], None),
        ("t/part-0.parquet", {}, ["t/my_delta_log/0.json", "t/mymetadata/1.metadata.json"], None),
    ],
)
def test_files_of_table_formats_are_known_by_their_layout(key, metadata, neighbours, found):
    assert table_format_of(key, metadata, neighbours) == found


def _bucket(*keys, page=1000):
    """Look into the folders of a bucket, as far as a page shows."""

    def look(folder):
        below = [key.removeprefix(folder) for key in keys if key.startswith(folder)]
        names = sorted({folder + "".join(each.partition("/")[:2]) for each in below})
        return Look(names[:page], whole=len(names) <= page)

    return look


ICEBERG_MANIFEST = "metadata/0e4e4a1c-9f6b-4f1c-8f43-2d7a0a1d7d2f-m0.avro"


@pytest.mark.parametrize("page", [1000, 1])
@pytest.mark.parametrize(
    ("mark", "found"),
    [
        ("lake/t/_delta_log/00000000000000000000.json", "Delta"),
        ("lake/t/x=1/_delta_log/_sidecars/0.parquet", "Delta"),
        ("lake/.hoodie/hoodie.properties", "Hudi"),
        ("lake/t/metadata/00000-1.metadata.json", "Iceberg"),
        (f"lake/t/{ICEBERG_MANIFEST}", "Iceberg"),
        ("metadata/v1.metadata.json", "Iceberg"),
        ("lake/t/metadata/notes.json", None),
        ("lake/u/_delta_log/0.json", None),
        ("lake/t/x=2/_delta_log/0.json", None),
    ],
)
def test_folders_above_a_file_are_looked_into_up_to_the_bucket(mark, found, page):
    """A page that shows one name only hides the marks behind the others."""
    key = "lake/t/x=1/part-0.parquet"
    look = _bucket(key, "lake/t/x=1/.a", "lake/t/.b", "lake/.a", ".a", mark, page=page)

    assert table_format_of(key, {}, neighbours(key, look)) == found


def test_one_look_for_each_folder_is_enough_where_there_is_no_table():
    looks = []

    def look(folder):
        looks.append(folder)
        return Look(["a/b/c.parquet"], whole=True)

    assert table_format_of("a/b/c.parquet", {}, neighbours("a/b/c.parquet", look)) is None
    assert looks == ["a/b/", "a/", ""]


def test_metadata_of_tables_is_known_by_its_key():
    assert is_table_metadata("t/_delta_log/00000000000000000000.json") == "Delta"
    assert is_table_metadata("t/metadata/v1.metadata.json") == "Iceberg"
    assert is_table_metadata("t/metadata/people.json") is None


def test_files_of_table_formats_are_refused():
    table = pa.table({"a": ["x"]}).replace_schema_metadata({"iceberg.schema": "{}"})

    with pytest.raises(TableManaged, match="Iceberg"):
        files.run(files.write(table), ("a", "blank"))
    with pytest.raises(TableManaged, match="Delta"):
        files.run(any_data(), ("a", "blank"), name="t/_delta_log/1.parquet")


def required(kind, values):
    schema = pa.schema([pa.field("a", kind, nullable=False), pa.field("b", pa.int32())])
    return files.write(pa.table({"a": pa.array(values, kind), "b": [1] * len(values)}, schema))


def test_required_text_is_blanked_where_it_cannot_be_null():
    data = required(pa.string(), ["x", ""])

    out = files.run(data, ("a", "null"))

    assert out.column("a") == ["", ""]
    assert out.report.rules[0].changed == 1
    assert files.run(out.data, ("a", "null")).data == out.data


@pytest.mark.parametrize("action", ["null", "blank"])
def test_required_number_is_refused(action):
    with pytest.raises(SchemaMismatch, match="required"):
        files.run(required(pa.int32(), [1]), ("a", action))


def test_required_column_without_values_is_no_reason_to_refuse():
    data = required(pa.int32(), [])

    assert files.run(data, ("a", "null")).data == data


def test_required_group_is_refused():
    kind = pa.struct([pa.field("x", pa.string())])
    data = required(kind, [{"x": "y"}])

    with pytest.raises(SchemaMismatch):
        files.run(data, ("a", "null"))
    assert files.run(data, ("a.x", "null")).column("a") == [{"x": None}]


def test_missing_column_is_refused_where_the_rule_says_so():
    with pytest.raises(SchemaMismatch, match="phone is missing"):
        files.run(any_data(), Rule("phone", "blank", missing="reject"))


def test_source_that_cannot_be_seeked_is_a_mistake_of_the_caller():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    with pytest.raises(UsageError):
        scrub(Pipe(any_data()), io.BytesIO(), rules=[Rule("a", "blank")], format="parquet")


@pytest.mark.parametrize(
    "data",
    [b"", b"PAR1", b"PAR1" * 3, b"PAR1" + bytes(20), b"PAR1\xff\xff\xff\x7fPAR1", bytes(100)],
)
def test_what_is_no_parquet_is_malformed(data):
    with pytest.raises(MalformedData):
        files.run(data, ("a", "blank"))


def test_damaged_page_is_found_by_its_checksum():
    data = bytearray(any_data(write_page_checksum=True, compression="none"))
    (place, chunk), _other = files.chunks(bytes(data)).items()
    assert place == (0, "a")
    data[chunk_meta(chunk).number(Meta.DATA_PAGE) - 1] ^= 1

    with pytest.raises(MalformedData, match="checksum"):
        files.run(bytes(data), ("a", "blank"))
    assert files.run(bytes(data), ("b", "null")).data


def test_chunk_of_another_column_is_not_taken_for_the_selected_one():
    def swap(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        group.sequence(Group.COLUMNS, compact.STRUCT).reverse()

    with pytest.raises(MalformedData, match="another name or type"):
        files.run(files.rewrite_footer(any_data(), swap), ("a", "blank"))


@pytest.mark.parametrize(
    ("field", "value"),
    [(Element.CHILDREN, 7), (Element.CHILDREN, -1), (Element.CHILDREN, 1)],
)
def test_schema_that_is_no_tree_is_malformed(field, value):
    def break_root(metadata):
        metadata.sequence(File.SCHEMA, compact.STRUCT)[0].set_number(field, value)

    with pytest.raises(MalformedData, match="schema"):
        files.run(files.rewrite_footer(any_data(), break_root), ("a", "blank"))


def test_chunk_that_starts_inside_a_row_is_malformed():
    table = pa.table({"a": [["x", "y"], ["z"]], "b": [True, False]})
    data = files.write(
        table, data_page_version="2.0", compression="none", use_dictionary=["b"], row_group_size=2
    )
    (_place, chunk), _other = files.chunks(data).items()
    _header, levels = compact.decode(data, chunk_meta(chunk).number(Meta.DATA_PAGE))
    # Repetition levels, one bit each: 0 1 0 becomes 1 1 0.
    assert data[levels : levels + 2] == b"\x03\x02"
    broken = data[:levels] + b"\x03\x03" + data[levels + 2 :]

    with pytest.raises(MalformedData, match="inside a row"):
        files.run(broken, drop_rows=RowRule("b", equals=True))


def test_size_that_grows_out_of_its_type_is_refused():
    """The footer lies about a chunk; the new row group would be larger than 64 bits tell."""

    def lie(metadata):
        group = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)[0]
        _a, b = group.sequence(Group.COLUMNS, compact.STRUCT)
        chunk_meta(b).set_number(Meta.UNCOMPRESSED, (1 << 63) - 1)

    with pytest.raises(ObjectTooLarge, match="does not fit"):
        files.run(files.rewrite_footer(any_data(), lie), ("a", "blank"))


def test_map_without_a_key_for_each_value_is_malformed():
    rows = [[("k", "x"), ("l", "y")], [("k", "z")], [("k", "w")]]
    kind = pa.map_(pa.string(), pa.string())
    data = files.write(pa.table({"m": pa.array(rows, kind)}), row_group_size=2)

    def take_keys_of_the_next_group(metadata):
        groups = metadata.sequence(File.ROW_GROUPS, compact.STRUCT)
        keys, other = (group.sequence(Group.COLUMNS, compact.STRUCT)[0] for group in groups)
        keys.set_struct(Chunk.META, chunk_meta(other))
        groups.pop()

    with pytest.raises(MalformedData, match="keys and of values"):
        files.run(files.rewrite_footer(data, take_keys_of_the_next_group), ("m.k", "blank"))
