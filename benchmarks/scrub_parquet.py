"""Measure Parquet: `python -m benchmarks.scrub_parquet [MEGABYTES] [ROUNDS]`, or `... memory`.

Each table is what its name says; all ways of a table run in turns in one process with one thread,
and the best round of each counts, on the clock and in processor time, each for itself. The other
columns are compared with those of the input before anything is timed.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, scrub

KEY = SecretKey("bench", b"0123456789abcdef")
GROUPS = 8
PEER = "pyarrow row groups, blank"
WORDS = [f"word{number:05}" for number in range(5_000)]


def write_table(path: Path, columns: int, megabytes: int) -> None:
    """Write string columns of high cardinality, so many megabytes in all before compression."""
    source = random.Random(7)
    rows = megabytes * 1_000_000 // (columns * 19)
    pools = [
        [" ".join(source.choices(WORDS, k=2)) for _ in range(rows)] for _ in range(min(3, columns))
    ]
    arrays = {f"c{at}": pools[at % len(pools)] for at in range(columns - 1)}
    arrays["email"] = [f"{source.getrandbits(40):010x}@example.com" for _ in range(rows)]
    pq.write_table(
        pa.table(arrays), path, compression="zstd", row_group_size=max(1, rows // GROUPS)
    )


def ours(rules, **more):
    def run(source: Path, sink: Path) -> None:
        with source.open("rb") as stream, sink.open("wb") as out:
            options = ScrubOptions(key=KEY, **more)
            scrub(stream, out, rules=rules, format="parquet", options=options)

    return run


def row_groups(source: Path, sink: Path) -> None:
    """Read, change and write one row group after the other, as most people would."""
    file = pq.ParquetFile(source)
    schema = file.schema_arrow
    at = schema.get_field_index("email")
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, use_threads=False)
            blank = pa.repeat("", len(table))
            writer.write_table(table.set_column(at, schema.field(at), blank))


def by_duckdb(source: Path, sink: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"copy (select * replace ('' as email) from '{source}') to '{sink}' "
            "(format parquet, compression zstd)"
        )


@dataclass
class Times:
    """The best round on the clock, and the best in processor time."""

    wall: float = float("inf")
    cpu: float = float("inf")


def best_of(ways, source: Path, rounds: int) -> dict[str, Times]:
    """Return the best times of each way, after one round that is not counted."""
    best = {name: Times() for name in ways}
    sink = source.with_name("sink.parquet")
    for counted in [False] + rounds * [True]:
        for name, way in ways.items():
            started, busy = time.perf_counter(), time.process_time()
            way(source, sink)
            spent, busy = time.perf_counter() - started, time.process_time() - busy
            if counted:
                best[name].wall = min(best[name].wall, spent)
                best[name].cpu = min(best[name].cpu, busy)
    return best


def compare(source: Path) -> None:
    """The scrubbed column is blank and all others are what they were."""
    sink = source.with_name("sink.parquet")
    ours([Rule("email", "blank")])(source, sink)
    before, after = pq.read_table(source), pq.read_table(sink)
    assert after.drop(["email"]).equals(before.drop(["email"]))
    assert set(after["email"].unique().to_pylist()) == {""}


def show_ways(folder: Path, megabytes: int, rounds: int) -> None:
    source = folder / "a.parquet"
    write_table(source, 13, megabytes)
    compare(source)
    size = source.stat().st_size / 1e6
    ways = {
        "lakescrub, blank": ours([Rule("email", "blank")]),
        "lakescrub, null": ours([Rule("email", "null")]),
        "lakescrub, mask": ours([Rule("email", "mask")]),
        "lakescrub, hash": ours([Rule("email", "hash")]),
        PEER: row_groups,
        "DuckDB, 1 thread, blank": by_duckdb,
    }
    print(f"### One string column of 13 ({size:.0f} MB, zstd, {GROUPS} row groups)\n")
    print("| way | MB/s | times pyarrow | in processor time |\n|---|---|---|---|")
    best = best_of(ways, source, rounds)
    for name, spent in best.items():
        ratio, busy = best[PEER].wall / spent.wall, best[PEER].cpu / spent.cpu
        print(f"| {name} | {size / spent.wall:.0f} | {ratio:.1f} | {busy:.1f} |", flush=True)


def show_widths(folder: Path, megabytes: int, rounds: int) -> None:
    print("\n### One column blanked; the columns stay as long, the table gets wider\n")
    print(
        "| columns | MB | lakescrub s | pyarrow s | times "
        "| lakescrub CPU s | pyarrow CPU s | times |"
    )
    print(f"|{8 * '---|'}")
    for columns in (5, 50, 500):
        source = folder / f"{columns}.parquet"
        write_table(source, columns, megabytes * columns // 50)
        best = best_of({"us": ours([Rule("email", "blank")]), "pa": row_groups}, source, rounds)
        us, peer = best["us"], best["pa"]
        cells = [f"{columns}", f"{source.stat().st_size / 1e6:.0f}"]
        for mine, theirs in ((us.wall, peer.wall), (us.cpu, peer.cpu)):
            cells += [f"{mine:.3f}", f"{theirs:.2f}", f"{theirs / mine:.1f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def show_counts(folder: Path, rounds: int) -> None:
    print("\n### The same file of 13 columns; more of them blanked\n")
    print("| blanked | lakescrub s | lakescrub CPU s |\n|---|---|---|")
    for count in (1, 2, 4, 8, 13):
        names = ["email", *(f"c{at}" for at in range(count - 1))]
        rules = [Rule(name, "blank") for name in names]
        best = best_of({"us": ours(rules)}, folder / "a.parquet", rounds)
        print(f"| {count} | {best['us'].wall:.2f} | {best['us'].cpu:.2f} |", flush=True)


ROWS = 1_500_000
ONE_PAGE = {"data_page_size": 1 << 30, "max_rows_per_page": 1 << 30}
ONE_DICTIONARY = {"use_dictionary": ["email"], "dictionary_pagesize_limit": 1 << 30}


class Layout(NamedTuple):
    """A column that is hard on the memory: how it is made, written and selected."""

    make: Callable[[], pa.Array]
    options: dict[str, object]
    field: str = "email"


def hexes() -> pa.Array:
    source = random.Random(7)
    return pa.array([source.randbytes(20).hex() for _ in range(ROWS)])


def few() -> pa.Array:
    source = random.Random(7)
    return pa.array([f"customer number {source.randrange(1000)}" for _ in range(ROWS)])


def short(times: int = 1) -> pa.Array:
    return pa.array([f"{at * 7919 % 9_999_991:07}" for at in range(ROWS)] * times)


def numbers(kind: pa.DataType, times: int = 1) -> pa.Array:
    drawn = pc.multiply(pc.random(ROWS * times, initializer=7), float(1 << 30))
    return drawn.cast(pa.int64(), safe=False).cast(kind)


def maps() -> pa.Array:
    ends = pa.array(range(0, ROWS + 1, 2), pa.int32())
    return pa.MapArray.from_arrays(ends, pa.array(["email", "name"] * (ROWS // 2)), hexes())


def one_row(values: pa.Array) -> pa.Array:
    ends = pa.array([0, len(values) - 1, len(values)], pa.int32())
    return pa.ListArray.from_arrays(ends, values)


def booleans() -> pa.Array:
    return pc.less(pc.random(80 * ROWS // 3, initializer=7), 0.5)


def uneven() -> pa.Array:
    source = random.Random(7)
    values = [f"{at % 99_999:05}" for at in range(ROWS)]
    values[ROWS // 2 : ROWS // 2] = [source.randbytes(100_000).hex() for _ in range(300)]
    return pa.array(values)


# DuckDB and fastparquet write a chunk as one page.
LAYOUTS = {
    "distinct texts, not compressed": Layout(hexes, {"compression": "none"}),
    "distinct texts, one page": Layout(hexes, ONE_PAGE),
    "distinct texts, one page, delta": Layout(
        hexes, {**ONE_PAGE, "column_encoding": {"email": "DELTA_BYTE_ARRAY"}}
    ),
    "distinct texts, one dictionary": Layout(hexes, ONE_DICTIONARY),
    "distinct texts, one row": Layout(lambda: one_row(hexes()), {}, "email[*]"),
    "distinct short texts, one dictionary": Layout(short, ONE_DICTIONARY),
    "short texts, each three times, one dictionary": Layout(lambda: short(3), ONE_DICTIONARY),
    "300 texts of 200 KB among short ones, one page": Layout(uneven, ONE_PAGE),
    "1,000 distinct texts": Layout(few, {"use_dictionary": ["email"]}),
    "numbers": Layout(lambda: numbers(pa.int64()), {}),
    "numbers, one page, delta": Layout(
        lambda: numbers(pa.int64()),
        {**ONE_PAGE, "column_encoding": {"email": "DELTA_BINARY_PACKED"}},
    ),
    "numbers of 4 bytes, one row": Layout(lambda: one_row(numbers(pa.int32(), 10)), {}, "email[*]"),
    "numbers of 4 bytes, one dictionary": Layout(lambda: numbers(pa.int32(), 5), ONE_DICTIONARY),
    "numbers of 4 bytes, pages of 20": Layout(
        lambda: numbers(pa.int32(), 2),
        {"max_rows_per_page": 20, "write_batch_size": 20, "write_page_index": True},
    ),
    "booleans, one page": Layout(booleans, ONE_PAGE),
    "texts under one key of a map, one page": Layout(maps, ONE_PAGE, "email.email"),
}


def write_one_group(path: Path, layout: Layout) -> None:
    """Write one large row group, of whose columns the first is to be scrubbed."""
    column = layout.make()
    rows = len(column)
    flags = pa.array([at % 2 == 0 for at in range(rows)])
    table = pa.table({"email": column, "other": pa.array(range(rows)), "flag": flags})
    options = {"use_dictionary": False, "compression": "snappy", **layout.options}
    pq.write_table(table, path, row_group_size=rows, **options)
    pq.write_table(table.slice(rows - 1), f"{path}.small", **options)


def decoded_size(path: Path) -> int:
    column = pq.read_table(path, columns=["email"])["email"].combine_chunks()
    return (column.items if pa.types.is_map(column.type) else column).nbytes


def show_memory(folder: Path) -> None:
    print("\n### Memory above the imported baseline, one row group of 1.5 million values\n")
    print("| column | action | decoded MB before | after | peak MB | times the larger |")
    print(f"|{6 * '---|'}")
    for name, layout in LAYOUTS.items():
        path = folder / "memory.parquet"
        write_one_group(path, layout)
        before = decoded_size(path)
        for action in ("blank", "mask", "hash", "drop_rows"):
            module = [sys.executable, "-m", "benchmarks.scrub_parquet", "--peak"]
            command = [*module, str(path), layout.field, action]
            peak = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
            after = decoded_size(Path(f"{path}.out"))
            print(
                f"| {name} | {action} | {before / 1e6:.0f} | {after / 1e6:.0f} "
                f"| {peak / 1e6:.0f} | {peak / max(before, after):.1f} |",
                flush=True,
            )


def print_peak(path: str, field: str, action: str) -> None:
    """Scrub in a process of its own, as a peak of memory is one of a process."""
    sink = Path(path + ".out")
    drops = action == "drop_rows"
    drop = RowRule("flag", equals=True) if drops else None
    way = ours([] if drops else [Rule(field, action)], drop_rows=drop)
    way(Path(path + ".small"), sink)
    # Linux forgets the peak so far, and with it that of the process that started this one.
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_size()
    way(Path(path), sink)
    print(peak_size() - before)


def peak_size() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    if sys.argv[1:2] == ["--peak"]:
        print_peak(*sys.argv[2:])
        return
    if sys.argv[1:] == ["memory"]:
        with tempfile.TemporaryDirectory() as name:
            show_memory(Path(name))
        return
    pa.set_cpu_count(1)
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show_ways(folder, megabytes, rounds)
        show_counts(folder, rounds)
        show_widths(folder, megabytes, rounds)
        show_memory(folder)


if __name__ == "__main__":
    main()
