"""Builds Parquet files in memory, scrubs them, and takes them apart again."""

import io
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from workflow.scrub import RowRule, Rule, ScrubOptions, ScrubReport, SecretKey, scrub
from workflow.scrub.parquet import compact, footer, pages, schema
from workflow.scrub.parquet.compression import Codec
from workflow.scrub.parquet.fields import Chunk, Group, Meta, PageType
from workflow.scrub.parquet.layout import chunk_meta, chunk_start

KEY = SecretKey("k1", b"sixteen bytes or more")
CANARY = "c4n4ry-0123456789abcdef"


@dataclass(frozen=True)
class Scrubbed:
    """What came out of a scrub."""

    data: bytes
    report: ScrubReport

    @property
    def table(self) -> pa.Table:
        return read(self.data)

    def column(self, name: str) -> list[object]:
        return self.table[name].to_pylist()


def write(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def read(data: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(data))


def run(
    data: bytes,
    *rules: Rule | tuple[str, str],
    drop_rows: RowRule | None = None,
    ignore_case: bool = False,
    name: str = "",
) -> Scrubbed:
    sink = io.BytesIO()
    report = scrub(
        io.BytesIO(data),
        sink,
        rules=[rule if isinstance(rule, Rule) else Rule(*rule) for rule in rules],
        format="parquet",
        name=name,
        options=ScrubOptions(drop_rows=drop_rows, ignore_case=ignore_case, key=KEY),
    )
    return Scrubbed(sink.getvalue(), report)


def open_footer(data: bytes) -> footer.Footer:
    return footer.read(io.BytesIO(data))


def chunks(data: bytes) -> dict[tuple[int, str], compact.Struct]:
    """Return the column chunks by row group and dotted path."""
    return {
        (number, b".".join(chunk_meta(chunk).sequence(Meta.PATH, compact.BINARY)).decode()): chunk
        for number, group in enumerate(open_footer(data).groups)
        for chunk in group.sequence(Group.COLUMNS, compact.STRUCT)
    }


def chunk_bytes(data: bytes, chunk: compact.Struct) -> bytes:
    meta = chunk_meta(chunk)
    start = chunk_start(meta)
    return data[start : start + meta.needed(Meta.COMPRESSED, "size")]


def column_index(data: bytes, chunk: compact.Struct) -> bytes | None:
    return _stretch(data, chunk.number(Chunk.COLUMN_INDEX), chunk.number(7))


def offset_index(data: bytes, chunk: compact.Struct) -> compact.Struct | None:
    raw = _stretch(data, chunk.number(Chunk.OFFSET_INDEX), chunk.number(5))
    return None if raw is None else compact.decode(raw)[0]


def bloom_filter(data: bytes, chunk: compact.Struct) -> bytes | None:
    meta = chunk_meta(chunk)
    return _stretch(data, meta.number(Meta.BLOOM), meta.number(Meta.BLOOM_LENGTH))


def _stretch(data: bytes, start: int | None, size: int | None) -> bytes | None:
    return None if start is None or size is None else data[start : start + size]


def plain_pages(data: bytes) -> bytes:
    """Return all pages of a file without compression, their headers among them."""
    found = open_footer(data)
    leaves = schema.build(found.schema).leaves
    out = [data]
    for group in found.groups:
        for leaf, chunk in zip(leaves, group.sequence(Group.COLUMNS, compact.STRUCT), strict=True):
            raw, codec = chunk_bytes(data, chunk), Codec(chunk_meta(chunk).needed(4, "codec"))
            for page in pages.walk(io.BytesIO(raw).read, len(raw), base=0):
                out.append(compact.encode(page.header))
                if page.type == PageType.DICTIONARY:
                    out.append(bytes(pages.open_dictionary(page, codec)[1]))
                else:
                    out.append(bytes(pages.open_page(page, leaf, codec)[1]))
    return b"\n".join(out)


def rewrite_footer(data: bytes, change: object) -> bytes:
    """Return the file with its metadata changed by a function."""
    found = open_footer(data)
    change(found.metadata)  # type: ignore[operator]
    return data[: found.start] + footer.encode(found.metadata)
