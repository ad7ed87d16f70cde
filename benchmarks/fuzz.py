"""Feed the engine with broken input: only errors of the error tree may come out.

    python -m benchmarks.fuzz [SECONDS]

Valid objects of each format are broken in small ways (bytes flipped, cut out, doubled), in each
compression and in none, before and after it, and scrubbed by each action, under names that tell the
truth and names that do not. Some are noise altogether. What is accepted must be accepted again,
unchanged, and a JSON text that a strict reader refuses must be refused. The native core, the loop
in Python and the reference must come to the same, byte by byte and word by word. It ends after so
many seconds: a minute, if nothing else is said.
"""

import bz2
import gzip
import io
import json
import random
import sys
import time
from collections import Counter

import zstandard

from workflow.errors import PermanentError
from workflow.scrub import ACTIONS, FORMATS, RowRule, Rule, ScrubOptions, SecretKey, scrub

KEY = SecretKey("fuzz", b"0123456789abcdef")
OPTIONS = {
    "replace": {"with": 'a "b"'},
    "mask": {"keep_last": 2},
    "truncate": {"length": 1},
    "generalize": {"bucket": 10},
    "date_shift": {"days": 7},
    "redact": {"own": ["[a-c]+"]},
}
SEEDS = {
    "ndjson": [
        b'{"a":"x","b":[1,2.5e3,{"c":null}]}\n{"a":"\\u00e9\\ud83d\\ude00","b":true}\r\n\n[{"a":1}]\n',
        b'{"a": "2024-10-18", "b": {"c": "y", "a": []}}\n' * 4,
    ],
    "json": [
        b'[\n  {"a": "x", "b": [1, -0.5E+2]},\n  {"a": {"c": "\\"\\\\"}}\n]\n',
        b'{"a": "x", "b": {"c": [true, false, null, "' + "é😀".encode() + b'"]}}',
    ],
    "csv": [b'a,b,c\r\n1,"x, ""y""\n",\r\n2,,z\r\n', b"b,a\n1,2\n3,4\n\n5,6"],
    "tsv": [b'a\tb\n1\t"x\ty"\n\t2024-10-18\n'],
}
PIECES = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r", b"\0", b"\xff", b"\xc3"]
PIECES += [
    b"\\u0061",
    b"\\ud800",
    b"1e999",
    b"NaN",
    b"-",
    b'"a":',
    b'"a"',
    b"\xef\xbb\xbf",
    b"null",
]
PACKS = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "gzip members": lambda data: b"".join(
        gzip.compress(data[at : at + 9]) for at in range(0, len(data), 9)
    ),
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
}
NAMES = [
    "",
    "a",
    "a.json",
    "a.jsonl",
    "a.ndjson.gz",
    "a.csv",
    "a.tsv.zst",
    "a.csv.bz2",
    "a.parquet",
]


def any_bytes(source: random.Random, name: str) -> bytes:
    """Return an object of a format, broken, compressed in one way or another; or noise."""
    if source.random() < 0.02:
        return source.randbytes(source.randint(0, 300))
    data = break_bytes(source, source.choice(SEEDS[name]))
    if source.random() < 0.4:
        data = PACKS[source.choice(sorted(PACKS))](data)
        if source.random() < 0.6:
            data = break_bytes(source, data)
    return data


def break_bytes(source: random.Random, data: bytes) -> bytes:
    """Break an object in a few small ways."""
    for _ in range(source.randint(0, 4)):
        at, to = sorted(source.randint(0, len(data)) for _ in range(2))
        to = min(to, at + source.choice([1, 2, 8, 64]))
        piece = source.choice([b"", source.choice(PIECES), data[at:to] * 2, source.randbytes(2)])
        data = data[:at] + piece + data[to:]
    return data


def any_rules(source: random.Random, format_name: str) -> list[Rule]:
    names = source.sample(list(ACTIONS), 2)
    nested = [("a", "b.c"), ("b[*]", "a"), ("a.c", "c")] if "json" in format_name else []
    fields = source.choice([("a", "b"), ("2", "c"), *nested])
    return [Rule(f, name, OPTIONS.get(name, {})) for f, name in zip(fields, names, strict=True)]


def any_options(source: random.Random) -> ScrubOptions:
    row_rule = source.choice([None, None, RowRule("zz", equals="x"), RowRule("d.e", is_null=True)])
    return ScrubOptions(
        key=KEY,
        reshape=True,
        ignore_case=source.random() < 0.2,
        drop_rows=row_rule,
        encoding=source.choice([None, None, None, "latin-1", "utf-16-le"]),
    )


WAYS = [{"native": False}, {"trace": lambda _: None}]


def once(source: random.Random) -> str:
    """Scrub one broken object each way; return its format and what came of it."""
    name = source.choice(sorted(SEEDS))
    data = any_bytes(source, name)
    rules, options = any_rules(source, name), any_options(source)
    how = {"format": source.choice([name, name, "auto"]), "name": source.choice(NAMES)}
    report, output = tried = attempt(data, rules=rules, options=options, **how)
    for way in WAYS:
        same = attempt(data, rules=rules, options=options, **how, **way)
        assert same == tried, "the native core, the Python loop and the reference disagree"
    if isinstance(report, type):
        return f"{name} {report.__name__}"
    if options.encoding is None and report.format == "json" and report.compression == "none":
        json.loads(data.decode("utf-8-sig"), parse_int=str, parse_float=str)
    if not any(rule.action == "drop" for rule in rules):
        again = scrub(io.BytesIO(output), None, rules=rules, format=report.format, options=options)
        assert not any(rule.changed for rule in again.rules), "a second pass changed something"
    return f"{name} scrubbed, {report.compression}"


def attempt(data: bytes, **how):
    """Return the report and the bytes, or the error's type and text."""
    sink = io.BytesIO()
    try:
        return scrub(io.BytesIO(data), sink, **how), sink.getvalue()
    except PermanentError as error:
        return type(error), str(error)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    assert set(SEEDS) | {"parquet"} == set(FORMATS)
    started = time.monotonic()
    seed = int(time.time())
    outcomes: Counter[str] = Counter()
    while time.monotonic() - started < seconds:
        seed += 1
        try:
            outcomes[once(random.Random(seed))] += 1
        except BaseException:
            print(f"seed {seed}", file=sys.stderr)
            raise
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:8} {outcome}")


if __name__ == "__main__":
    main()
