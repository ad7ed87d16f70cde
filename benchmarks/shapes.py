"""Measure each action, and the shapes that one table leaves out: `python -m benchmarks.shapes`.

The yardstick is a loop that decodes each row with `json` and encodes it again, and changes nothing.
So a number says how much faster a scrub is than a program that has not begun to scrub.
"""

import io
import json
import sys
import time

from benchmarks import generate
from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, scrub

KEY = SecretKey("bench", b"0123456789abcdef" * 2)
FIELDS = ("file_contents", "user.email")
ACTIONS = {
    "blank": {},
    "null": {},
    "drop": {},
    "replace": {"with": "gone"},
    "mask": {"keep_last": 4},
    "hash": {},
    "truncate": {"length": 8},
    "redact": {"patterns": ["email"]},
}
BLANK = [Rule("file_contents", "blank")]
FRENCH = RowRule("user.country", equals="FR")
GERMAN = RowRule("user.country", equals="DE")


def best_of(rounds: int, work) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def loop(rows: list[bytes]) -> None:
    for row in rows:
        json.dumps(json.loads(row))


def cases(rows: list[bytes]):
    lines = b"\n".join(rows) + b"\n"
    array = b"[" + b",\n".join(rows) + b"]"
    for action, parameters in ACTIONS.items():
        for field in FIELDS:
            yield f"{action} of {field}", lines, "ndjson", [Rule(field, action, parameters)], {}
    yield "date_shift", lines, "ndjson", [Rule("uploaded_at", "date_shift", {"days": 30})], {}
    yield "every element: payments[*]", lines, "ndjson", [Rule("payments[*]", "null")], {}
    yield "ignore_case", lines, "ndjson", BLANK, {"ignore_case": True}
    yield "drop_rows, none goes", lines, "ndjson", BLANK, {"drop_rows": FRENCH}
    yield "drop_rows, all go", lines, "ndjson", BLANK, {"drop_rows": GERMAN}
    yield "array", array, "json", BLANK, {}
    yield "array, drop_rows", array, "json", BLANK, {"drop_rows": FRENCH}
    document = b'{"records": ' + array + b"}"
    yield "one document", document, "json", [Rule("records[*].file_contents", "blank")], {}
    pretty = json.dumps(json.loads(array), indent=2).encode()
    yield "array, pretty-printed", pretty, "json", BLANK, {}


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    rows = generate.ndjson(size * 1_000_000).splitlines()
    yardstick = best_of(rounds, lambda: loop(rows))
    print(f"json loop: {yardstick / len(rows) * 1e6:.1f} microseconds a row\n")
    print("| small rows | times the loop | without the native core |\n|---|---|---|")
    for name, data, format_name, rules, more in cases(rows):
        options = ScrubOptions(key=KEY, **more)
        times = [
            best_of(
                rounds if native else 1,
                lambda: scrub(
                    io.BytesIO(data),  # noqa: B023
                    io.BytesIO(),
                    rules=rules,  # noqa: B023
                    format=format_name,  # noqa: B023
                    options=options,  # noqa: B023
                    native=native,  # noqa: B023
                ),
            )
            for native in (True, False)
        ]
        print(
            f"| {name} | {' | '.join(f'{yardstick / spent:.1f}' for spent in times)} |", flush=True
        )


if __name__ == "__main__":
    main()
