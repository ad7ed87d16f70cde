"""Chunks that are worked on in more than one go: memory, and the same bytes whatever the batch."""

import subprocess
import sys

import pyarrow as pa
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

def run(path):
    options = {"key": SecretKey("k", b"0123456789abcdef")}
    action = sys.argv[2]
    if action == "drop_rows":
        options["drop_rows"] = RowRule("flag", equals=True)
    rules = [] if action == "drop_rows" else [Rule("a", action)]
    with open(path, "rb") as source, open(path + ".out", "wb") as sink:
        scrub(source, sink, rules=rules, format="parquet", options=ScrubOptions(**options))

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024

small = sys.argv[1] + ".small"
pq.write_table(pa.table({"a": ["x", "y"], "flag": [True, False]}), small)
run(small)
# Linux forgets the peak so far, and with it that of the process that started this one.
Path("/proc/self/clear_refs").write_text("5")
before = peak()
run(sys.argv[1])
print(peak() - before)
"""


def texts(count=ROWS):
    return pa.array([f"{at * 7919 % 1_000_003:040}" for at in range(count)])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the peak")
@pytest.mark.parametrize("options", [{"use_dictionary": False}, {}, ONE_PAGE], ids=str)
@pytest.mark.parametrize("action", ["blank", "mask", "hash", "drop_rows"])
def test_memory_is_bounded_by_the_largest_chunk(tmp_path, action, options):
    """Three times what the column holds, decoded or encoded, and some 40 MiB that do not grow."""
    path = tmp_path / "a.parquet"
    table = pa.table({"a": texts(), "flag": [at % 2 == 0 for at in range(ROWS)]})
    pq.write_table(table, path, row_group_size=ROWS, **options)
    command = [sys.executable, "-c", MEMORY, str(path), action]

    found = subprocess.run(command, capture_output=True, text=True, check=True)

    encoded = ROWS * (4 + 58) if action == "hash" else 0
    assert int(found.stdout) < 3 * max(table["a"].nbytes, encoded) + (40 << 20)


@pytest.fixture(scope="module", params=["one page", "dictionary"])
def large(request, tmp_path_factory):
    """A million distinct texts in one page, or in one dictionary."""
    path = tmp_path_factory.mktemp("large") / "a.parquet"
    table = pa.table({"a": texts(1_000_000), "flag": pa.repeat(pa.scalar(value=True), 1_000_000)})
    assert len(table["a"].unique()) == len(table)
    layout = {
        "one page": {"data_page_version": "2.0", "compression": "none", **ONE_PAGE},
        "dictionary": {"dictionary_pagesize_limit": 1 << 30, "compression": "zstd"},
    }
    pq.write_table(table, path, row_group_size=len(table), **layout[request.param])
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the peak")
@pytest.mark.parametrize("action", ["blank", "mask", "hash"])
def test_large_page_or_dictionary_takes_three_times_what_it_decodes_to(large, action):
    """Before or after: an action may make values longer. The second time nothing is to be done."""
    for path in (str(large), f"{large}.out"):
        command = [sys.executable, "-c", MEMORY, path, action]

        found = subprocess.run(command, capture_output=True, text=True, check=True)

        sides = (path, f"{path}.out")
        decoded = max(pq.read_table(side, columns=["a"])["a"].nbytes for side in sides)
        assert int(found.stdout) < 3 * decoded + (8 << 20)


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
