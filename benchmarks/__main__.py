"""Measure the text formats against peers in one run: `python -m benchmarks [MEGABYTES] [ROUNDS]`.

Every way gets the same file and writes a new file, in turns, so that a busy machine is as unfair to
one as to the other; the best round of each counts. The output of `scrub()` is compared with what a
plain loop over the lines makes of them, byte by byte, and in the same process the same call has to
refuse what no strict reader may accept.
"""

import gzip
import hashlib
import io
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import generate, peers
from workflow.errors import PermanentError
from workflow.scrub import Rule, scrub
from workflow.scrub.native.library import load

os.environ.setdefault("POLARS_MAX_THREADS", "1")
OURS, IN_PYTHON = "lakescrub", "lakescrub, no native core"
BLANK = [Rule("file_contents", "blank")]
NESTED = [
    Rule("user.email", "blank"),
    Rule("user.name", "null"),
    Rule("payments[*].card_number", "mask", {"keep_last": 4}),
]
SUITE = Path(__file__).parents[1] / "tests" / "workflow" / "scrub" / "json_test_suite.json"


@dataclass
class Case:
    """One job on one file."""

    name: str
    data: bytes
    ways: dict[str, peers.Job]
    floors: dict[str, float] = field(default_factory=dict)
    check: Callable[[bytes], bytes] | None = None

    @property
    def plain(self) -> int:
        """Bytes without compression."""
        return len(gzip.decompress(self.data)) if self.data[:2] == b"\x1f\x8b" else len(self.data)


def scrubber(rules, format_name: str, *, native: bool = True) -> peers.Job:
    def run(source: Path, sink: Path) -> None:
        with source.open("rb", buffering=0) as stream, sink.open("wb", buffering=0) as out:
            scrub(stream, out, rules=rules, format=format_name, native=native)

    return run


def ours(rules, format_name: str) -> dict[str, peers.Job]:
    """The engine, and beside it the engine where the native core was not built."""
    return {
        OURS: scrubber(rules, format_name),
        IN_PYTHON: scrubber(rules, format_name, native=False),
    }


def expected_lines(change) -> Callable[[bytes], bytes]:
    """What the lines become; the generator writes as json.dumps does, so nothing else changes."""

    def expect(data: bytes) -> bytes:
        out = []
        for line in data.splitlines():
            record = json.loads(line)
            change(record)
            out.append(json.dumps(record))
        return ("\n".join(out) + "\n").encode()

    return expect


def expected_table(data: bytes) -> bytes:
    head, *rows = data.split(b"\n")
    out = [
        b",".join([*row.split(b",")[:1], b"", *row.split(b",")[2:]]) if row else row for row in rows
    ]
    return b"\n".join([head, *out])


def cases(size: int) -> list[Case]:
    small, blob = generate.ndjson(size), generate.ndjson(size, generate.BLOB)
    loop = {"json loop": peers.json_loop(peers.blank_contents)}
    others = {
        "orjson loop": peers.orjson_loop,
        "DuckDB, 1 thread": peers.duckdb_ndjson,
        "polars, 1 thread": peers.polars_ndjson,
        **({"jq -c": peers.jq} if peers.INSTALLED_JQ else {}),
    }
    nested = {"json loop": peers.json_loop(peers.three_nested)}
    plain = ours(BLANK, "ndjson")
    blank = expected_lines(peers.blank_contents)
    return [
        Case(
            f"NDJSON, {len(small) // small.count(10)} bytes a row, one field blanked",
            small,
            {**plain, **loop, **others},
            {"json loop": 6, "DuckDB, 1 thread": 1.5},
            blank,
        ),
        Case(
            f"NDJSON, {len(blob) // blob.count(10)} bytes a row, one field blanked",
            blob,
            {**plain, **loop, **others},
            {"json loop": 4, "DuckDB, 1 thread": 1.5},
            blank,
        ),
        Case(
            "NDJSON, small rows, three rules on nested fields",
            small,
            {**ours(NESTED, "ndjson"), **nested},
            {"json loop": 3},
            expected_lines(peers.three_nested),
        ),
        Case(
            "NDJSON, small rows, gzip in and out",
            gzip.compress(small, 6),
            {**plain, "json loop, zlib -6": peers.json_loop_gzip},
            {"json loop, zlib -6": 5},
            lambda data: blank(gzip.decompress(data)),
        ),
        Case(
            "CSV, 7 columns, one blanked",
            generate.table(size),
            {
                **ours([Rule("email", "blank")], "csv"),
                "csv module": peers.csv_module,
                "DuckDB, 1 thread": peers.duckdb_csv,
            },
            {"csv module": 2.5},
            expected_table,
        ),
    ]


@dataclass
class Times:
    """The best round on the clock, and the best in processor time (of all threads and children)."""

    wall: float = float("inf")
    cpu: float = float("inf")


def cpu_time() -> float:
    """Return seconds of processor time of this process and its children, all threads."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def measure(case: Case, folder: Path, rounds: int) -> dict[str, Times]:
    """Return the best times of each way, all ways in turns."""
    source = folder / "source"
    source.write_bytes(case.data)
    best = {name: Times() for name in case.ways}
    for _ in range(rounds):
        for name, way in case.ways.items():
            sink = folder / "sink"
            # To empty what another way has written is no part of the work.
            sink.unlink(missing_ok=True)
            started, cpu = time.perf_counter(), cpu_time()
            way(source, sink)
            best[name].wall = min(best[name].wall, time.perf_counter() - started)
            best[name].cpu = min(best[name].cpu, cpu_time() - cpu)
            if name in (OURS, IN_PYTHON) and case.check is not None:
                compare(sink.read_bytes(), case.check(case.data))
    return best


def compare(output: bytes, expected: bytes) -> None:
    if output.startswith(b"\x1f\x8b"):
        output = gzip.decompress(output)
    assert hashlib.sha256(output).digest() == hashlib.sha256(expected).digest()


def refuse_what_is_invalid() -> int:
    """Scrub each text that is not JSON; return how many were refused."""
    refused = 0
    for name, text in json.loads(SUITE.read_text(encoding="utf-8")).items():
        if name.startswith("n_"):
            try:
                scrub(io.BytesIO(text.encode("latin-1")), None, rules=BLANK, format="json")
            except PermanentError:
                refused += 1
            else:
                raise AssertionError(name)
    return refused


def show(case: Case, best: dict[str, Times]) -> None:
    size = case.plain / 1e6
    ours = best[OURS]
    print(f"\n### {case.name} ({size:.0f} MB)\n")
    print(
        "| way | MB/s | lakescrub is faster by | in processor time | floor |\n|---|---|---|---|---|"
    )
    for name, spent in best.items():
        row = [name, f"{size / spent.wall:.0f}", "", "", ""]
        if name != OURS:
            row[2:] = [f"{spent.wall / ours.wall:.1f}", f"{spent.cpu / ours.cpu:.1f}"]
            row.append(str(case.floors.get(name, "")))
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    if load() is None:
        sys.exit("the native core is not built: run `make setup`")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(size * 1_000_000):
            show(case, measure(case, Path(folder), rounds))
    print(f"\n{refuse_what_is_invalid()} texts that are not JSON were refused in this process.")


if __name__ == "__main__":
    main()
