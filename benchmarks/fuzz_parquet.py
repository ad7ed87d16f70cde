"""Feed the engine with broken Parquet: only errors of the error tree may come out.

    python -m benchmarks.fuzz_parquet [SECONDS]

Files of several codecs, page versions and encodings are broken in a byte, in a field of the footer
or in a field of a page's header, and scrubbed. What is accepted must be accepted again, unchanged.
"""

import io
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow.errors import PermanentError, PolicyError
from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, check_rules, scrub
from workflow.scrub.parquet import compact, footer, layout
from workflow.scrub.parquet.structs import BINARY, Pairs, Sequence, Struct

KEY = SecretKey("fuzz", b"0123456789abcdef")
RULES = [
    [Rule("a", "mask"), Rule("s.x[*]", "generalize", {"bucket": 7}), Rule("m.k", "hash")],
    [Rule("a", "drop"), Rule("s", "null")],
    [Rule("m[*]", "blank"), Rule("n", "null"), Rule("t", "date_shift")],
]
ROW_RULES = [None, None, RowRule("n", among=(3, 50)), RowRule("s.x[*]", is_null=True)]
MAP = pa.map_(pa.string(), pa.string())
NUMBERS = [2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**32, 255, 4096]


def any_file(source: random.Random) -> bytes:
    table = pa.table(
        {
            "a": [None if at % 5 == 0 else f"text {at % 9}" for at in range(60)],
            "n": range(60),
            "t": pa.array(range(60), pa.timestamp("us")),
            "s": [{"x": [at, None]} if at % 3 else None for at in range(60)],
            "m": pa.array([[("k", f"{at}")] for at in range(60)], MAP),
        }
    )
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression=source.choice(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]),
        data_page_version=source.choice(["1.0", "2.0"]),
        use_dictionary=source.random() < 0.5,
        row_group_size=40,
        max_rows_per_page=10,
        write_page_index=True,
        write_page_checksum=source.random() < 0.2,
        bloom_filter_options={"a": True},
    )
    return sink.getvalue()


def places(value) -> list[tuple[Struct, int]]:
    """All fields of a struct, nested ones too."""
    if isinstance(value, Struct):
        own = [(value, field) for field in value]
        return own + [place for _kind, inner in value.values() for place in places(inner)]
    items = value.items if isinstance(value, Sequence | Pairs) else ()
    return [place for item in items for place in places(item)]


def break_field(source: random.Random, struct: Struct) -> None:
    where, field = source.choice(places(struct))
    kind, value = where[field]
    if isinstance(value, bool):
        where[field] = (kind, not value)
    elif isinstance(value, int):
        where[field] = (kind, source.choice([*NUMBERS, *range(-3, 12)]) if kind > 3 else 1)
    elif kind == BINARY:
        where[field] = (kind, b"\xff" * source.randint(0, 5))
    elif source.random() < 0.5:
        del where[field]
    else:
        where[field] = (compact.I64, 1)


def break_bytes(source: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(source.randint(1, 3)):
        at = source.randrange(len(changed))
        changed[at] = source.choice([0, 255, changed[at] ^ (1 << source.randrange(8))])
    return bytes(changed)


def break_footer(source: random.Random, data: bytes) -> bytes:
    found = footer.read(io.BytesIO(data))
    for _ in range(source.randint(1, 2)):
        break_field(source, found.metadata)
    return data[: found.start] + footer.encode(found.metadata)


def break_page(source: random.Random, data: bytes) -> bytes:
    groups = footer.read(io.BytesIO(data)).groups
    chunk = source.choice(source.choice(groups).sequence(1, compact.STRUCT))
    start = layout.chunk_start(layout.chunk_meta(chunk))
    header, end = compact.decode(data, start)
    break_field(source, header)
    return (
        data[:start] + compact.encode(header)[: end - start].ljust(end - start, b"\0") + data[end:]
    )


def scrub_twice(source: random.Random, data: bytes) -> str:
    rules = source.choice(RULES)
    options = ScrubOptions(drop_rows=source.choice(ROW_RULES), key=KEY)
    try:
        check_rules(rules, options)
    except PolicyError:
        # A row rule tests nothing that a rule writes.
        options = ScrubOptions(key=KEY)
    once, twice = io.BytesIO(), io.BytesIO()
    try:
        scrub(io.BytesIO(data), once, rules=rules, format="parquet", options=options)
    except PermanentError as error:
        return type(error).__name__
    if any(rule.action == "drop" for rule in rules):
        return "scrubbed"
    scrub(once, twice, rules=rules, format="parquet", options=options)
    if twice.getvalue() != once.getvalue():
        raise AssertionError("a second pass changed bytes")
    return "scrubbed twice"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    source, counts, end = random.Random(seed), Counter(), time.monotonic() + seconds
    while time.monotonic() < end:
        data = source.choice([break_bytes, break_footer, break_page])(source, any_file(source))
        try:
            counts[scrub_twice(source, data)] += 1
        except BaseException:
            Path("fuzz.parquet").write_bytes(data)
            print("the file is in fuzz.parquet")
            raise
    for what, count in counts.most_common():
        print(f"{count:8} {what}")


if __name__ == "__main__":
    main()
