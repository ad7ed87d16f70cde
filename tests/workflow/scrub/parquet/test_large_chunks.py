"""Chunks that are worked on in more than one go: memory, and the same bytes whatever the batch."""

import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.workflow.scrub.parquet import files
from workflow.scrub import Rule
from workflow.scrub.parquet.values import BATCH

ROWS = 400_000
ONE_PAGE = {"data_page_size": 1 << 30, "max_rows_per_page": 1 << 30, "use_dictionary": False}
MEMORY = """
import io, random, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, scrub

OPTIONS = {"replace": {"with": True}, "truncate": {"length": 490}, "generalize": {"bucket": 10}}

def run(path):
    options = {"key": SecretKey("k", b"0123456789abcdef")}
    action = sys.argv[3]
    if action == "drop_rows":
        options["drop_rows"] = RowRule("flag", equals=True)
    rules = [] if action == "drop_rows" else [Rule(sys.argv[2], action, OPTIONS.get(action, {}))]
    with open(path, "rb") as source, open(path + ".out", "wb") as sink:
        scrub(source, sink, rules=rules, format="parquet", options=ScrubOptions(**options))

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024

run(sys.argv[1] + ".small")
# Linux forgets the peak so far, and with it that of the process that started this one.
Path("/proc/self/clear_refs").write_text("5")
before = peak()
run(sys.argv[1])
print(peak() - before)
"""


def texts(count=ROWS, length=40):
    return pa.array([f"{at * 7919 % 1_000_003:0{length}}" for at in range(count)])


def digits(count, length):
    """Texts that cannot be compressed to less than half."""
    found = random.Random(7).randbytes(count * length // 2).hex()
    return pa.array([found[at : at + length] for at in range(0, count * length, length)])


def maps(count):
    keys, values = pa.array(["email", "name"] * count), texts(2 * count)
    ends = pa.array(range(0, 2 * count + 1, 2), pa.int32())
    return pa.MapArray.from_arrays(ends, keys, values)


def used_once(count):
    """Maps whose values are long, and once each in a dictionary, but for the last."""
    values = texts(2 * count - 1, 600)
    keys = pa.array(["email", "name"] * count)
    ends = pa.array(range(0, 2 * count + 1, 2), pa.int32())
    return pa.MapArray.from_arrays(ends, keys, pa.concat_arrays([values, values[:1]]))


def numbers(count):
    return pc.bit_wise_xor(pa.arange(0, count), 0x2AAAAA).cast(pa.int32())


def few_numbers(count):
    return pc.floor(pc.multiply(pc.random(count, initializer=7), 200.0)).cast(pa.int32())


def uneven(count):
    """A few huge texts, side by side among many short ones."""
    short = [f"{at:05}" for at in range(count)]
    return pa.array(short[: count // 2] + ["x" * (count // 2)] * 150 + short[count // 2 :])


def booleans(count):
    return pa.array([True, None, False, True] * count)


def lists(values, length):
    count = -(-len(values) // length)
    ends = pa.array([min(at * length, len(values)) for at in range(count + 1)], pa.int32())
    return pa.ListArray.from_arrays(ends, values)


def one_row(values):
    """A row that is as long as its chunk, and a short one."""
    ends = pa.array([0, len(values) - 1, len(values)], pa.int32())
    return pa.ListArray.from_arrays(ends, values)


# How the column is laid out, and how it is named.
LAYOUTS = {
    "pages": (texts, "a", {"use_dictionary": False}),
    "dictionary, then pages": (texts, "a", {}),
    "one page": (texts, "a", {"data_page_version": "2.0", "compression": "none", **ONE_PAGE}),
    "one delta page": (texts, "a", {"column_encoding": {"a": "DELTA_BYTE_ARRAY"}, **ONE_PAGE}),
    "one dictionary": (texts, "a", {"dictionary_pagesize_limit": 1 << 30, "compression": "zstd"}),
    "one dictionary, given up": (
        lambda count: digits(count // 3, 500),
        "a",
        {"dictionary_pagesize_limit": 60 << 20},
    ),
    "dictionary of short texts": (
        lambda count: texts(3 * count, 7),
        "a",
        {"dictionary_pagesize_limit": 1 << 30},
    ),
    "few texts": (lambda count: pa.array(["DE", "FR"] * 2 * count), "a", {}),
    "map, one page": (lambda count: maps(count // 2), "a.email", ONE_PAGE),
    "map, dictionary of long texts": (
        lambda count: used_once(count // 20),
        "a.email",
        {"dictionary_pagesize_limit": 1 << 30},
    ),
    "one row": (lambda count: one_row(texts(2 * count)), "a[*]", {"use_dictionary": False}),
    "one row of numbers": (
        lambda count: one_row(numbers(25 * count)),
        "a[*]",
        {"use_dictionary": False},
    ),
    "one row of few numbers": (
        lambda count: one_row(few_numbers(25 * count)),
        "a[*]",
        {},
    ),
    "booleans, one page": (
        lambda count: booleans(10 * count),
        "a",
        ONE_PAGE,
    ),
    "booleans, one row": (
        lambda count: one_row(booleans(20 * count)),
        "a[*]",
        {"use_dictionary": False},
    ),
    "booleans, lists of lists": (
        lambda count: lists(lists(booleans(6 * count), 32), 8),
        "a[*][*]",
        ONE_PAGE,
    ),
    "numbers in a dictionary": (
        lambda count: numbers(5 * count),
        "a",
        {"dictionary_pagesize_limit": 1 << 30},
    ),
    "uneven texts, one page": (uneven, "a", ONE_PAGE),
    "one value": (lambda count: pa.array(["x" * 75 * count]), "a", {"use_dictionary": False}),
    "one value, not Latin-1": (
        lambda count: pa.array(["x" * 75 * count + "\U0001f600"]),
        "a",
        {"use_dictionary": False},
    ),
    "tiny pages": (
        lambda count: numbers(count // 2),
        "a",
        {"max_rows_per_page": 20, "write_batch_size": 20, "write_page_index": True},
    ),
}


def actions(layout):
    """What is no text becomes null whatever the action, and one row is hashed like many."""
    if layout in ("booleans, one row", "booleans, lists of lists"):
        return ("replace",)
    if layout == "one dictionary, given up":
        return ("truncate",)
    if layout == "one row of few numbers":
        return ("generalize",)
    if layout.startswith(("one row of numbers", "booleans", "numbers", "tiny")):
        return ("mask", "drop_rows")
    if layout.startswith(("one row", "uneven")):
        return ("blank", "mask", "drop_rows")
    return ("blank", "mask", "hash", "drop_rows")


@pytest.fixture(scope="module")
def large(request, tmp_path_factory):
    """A large column in one row group, and the selector of what is in it."""
    make, field, options = LAYOUTS[request.param]
    path = tmp_path_factory.mktemp("large") / "a.parquet"
    column = make(ROWS)
    flags = pa.array([at % 2 == 0 for at in range(len(column))])
    table = pa.table({"a": column, "flag": flags})
    pq.write_table(table, path, row_group_size=len(table), **options)
    small = make(20)
    flags = pa.array([True] * len(small))
    pq.write_table(pa.table({"a": small, "flag": flags}), f"{path}.small", **options)
    return path, field


def decoded(path):
    column = pq.read_table(path, columns=["a"])["a"].combine_chunks()
    return (column.items if pa.types.is_map(column.type) else column).nbytes


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the peak")
@pytest.mark.parametrize(
    ("large", "action"),
    [
        # A layout is made once, by the process that looks at it.
        pytest.param(layout, action, marks=pytest.mark.xdist_group(f"chunk: {layout}"))
        for layout in LAYOUTS
        for action in actions(layout)
    ],
    indirect=["large"],
)
def test_memory_is_bounded_by_the_largest_chunk(large, action):
    """Three times what the column holds, before or after, and 16 MiB that do not grow."""
    path, field = large
    command = [sys.executable, "-c", MEMORY, str(path), field, action]

    found = subprocess.run(command, capture_output=True, text=True, check=True)

    assert int(found.stdout) < 3 * max(decoded(path), decoded(f"{path}.out")) + (16 << 20)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd"])
def test_page_of_more_values_than_a_batch_comes_back(version, codec):
    count = BATCH + 11
    table = pa.table(
        {
            "a": pa.array([None if at % 10 == 0 else f"text {at}" for at in range(count)]),
            "b": pa.array([at % 3 == 0 for at in range(count)]),
            "n": pa.array(range(count)),
        }
    )
    data = files.write(table, compression=codec, data_page_version=version, **ONE_PAGE)

    out = files.run(
        data,
        ("a", "mask"),
        Rule("n", "generalize", {"bucket": 100}),
        Rule("b", "replace", {"with": True}),
    )

    assert out.column("a") == [text and "*" * len(text) for text in table["a"].to_pylist()]
    assert out.column("b") == [True] * count
    assert out.column("n") == [at // 100 * 100 for at in range(count)]
    assert files.run(out.data, ("a", "mask")).data == out.data


def test_many_pages_of_one_dictionary_are_joined_once():
    """Held to have a dictionary each, they would take minutes."""
    table = pa.table({"a": texts(100_000), "n": range(100_000)})
    data = files.write(
        table, dictionary_pagesize_limit=1 << 30, max_rows_per_page=500, compression="none"
    )

    out = files.run(data, Rule("a", "truncate", {"length": 38}))

    assert out.column("a") == [text[:38] for text in table["a"].to_pylist()]
