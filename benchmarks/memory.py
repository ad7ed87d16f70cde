"""Measure peak memory: `python -m benchmarks.memory [MEBIBYTES ...]` (100 and 1024).

Each object is written to a folder for temporary files and scrubbed in a process of its own. Counted
is what the peak lies above that of the same process when it has imported the engine and scrubbed
one row. Linux only: it forgets a peak when it is asked to.
"""

import gzip
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import generate

MIB = 1 << 20
FLOOR = 96
BLOCK = 8 * MIB


def ndjson(size: int) -> Iterator[bytes]:
    block = generate.ndjson(BLOCK)
    for _ in range(size // len(block)):
        yield block


def array(size: int) -> Iterator[bytes]:
    rows = generate.ndjson(BLOCK).rstrip(b"\n").replace(b"\n", b",\n")
    yield b"[" + rows
    for _ in range(size // len(rows) - 1):
        yield b",\n" + rows
    yield b"]\n"


def table(size: int) -> Iterator[bytes]:
    header, _, rows = generate.table(BLOCK).partition(b"\n")
    yield header + b"\n"
    for _ in range(size // len(rows)):
        yield rows


def packed(size: int) -> Iterator[bytes]:
    """Give members of gzip, of so many bytes after compression: several times as many before."""
    block = gzip.compress(generate.ndjson(BLOCK), 6, mtime=0)
    for _ in range(size // len(block)):
        yield block


SHAPES = {
    "NDJSON": (ndjson, "ndjson", "file_contents"),
    "CSV": (table, "csv", "email"),
    "NDJSON, gzip": (packed, "ndjson", "file_contents"),
    "JSON array of records": (array, "json", "file_contents"),
}
FIRST = {"ndjson": b"{}\n", "json": b"[{}]", "csv": b"email,b\nx,y\n"}


def peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def print_peak(path: str, shape: str) -> None:
    """Scrub in this process; print the peak above the baseline, and the seconds."""
    from workflow.scrub import Rule, scrub

    _make, format_name, field = SHAPES[shape]
    rules = [Rule(field, "blank")]
    one = io.BytesIO(FIRST[format_name])
    scrub(one, None, rules=rules, format=format_name)
    Path("/proc/self/clear_refs").write_text("5")
    before, started = peak(), time.perf_counter()
    nowhere = Path(os.devnull)
    with Path(path).open("rb", buffering=0) as source, nowhere.open("wb", buffering=0) as sink:
        report = scrub(source, sink, rules=rules, format=format_name)
    assert report.rules[0].changed
    print(peak() - before, time.perf_counter() - started)


def measure(shape: str, mebibytes: int, folder: Path) -> tuple[float, float]:
    path = folder / "source"
    with path.open("wb") as out:
        out.writelines(SHAPES[shape][0](mebibytes * MIB))
    command = [sys.executable, "-m", "benchmarks.memory", "--peak", str(path), shape]
    found = subprocess.run(command, capture_output=True, check=True, text=True)
    above, seconds = map(float, found.stdout.split())
    return above / MIB, seconds


def main() -> None:
    if sys.argv[1:2] == ["--peak"]:
        print_peak(*sys.argv[2:])
        return
    sizes = [int(size) for size in sys.argv[1:]] or [100, 1024]
    print(f"Peak above the baseline in MiB; {FLOOR} are allowed.\n")
    print(f"| object | {' | '.join(f'{size} MiB' for size in sizes)} |")
    print(f"|---|{'---|' * len(sizes)}")
    with tempfile.TemporaryDirectory() as name:
        for shape in SHAPES:
            found = [measure(shape, size, Path(name)) for size in sizes]
            cells = [f"{above:.0f} ({seconds:.0f} s)" for above, seconds in found]
            print(f"| {shape} | {' | '.join(cells)} |", flush=True)
            assert max(above for above, _ in found) <= FLOOR, "too much"


if __name__ == "__main__":
    main()
