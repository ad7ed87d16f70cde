"""No scrubbed value is left in the output, however it is spelled."""

import base64
import csv
import gzip
import io
import json
import random

import pytest

from workflow.scrub import Rule, ScrubOptions, SecretKey, scrub

KEY = SecretKey("k", b"0123456789abcdef")
ACTIONS = [
    ("blank", {}),
    ("null", {}),
    ("drop", {}),
    ("replace", {"with": "gone"}),
    ("mask", {}),
    ("hash", {}),
    ("truncate", {"length": 0}),
    ("generalize", {"to": "month"}),
    ("date_shift", {}),
    ("redact", {"own": ["c[0-9a-f]{15}"]}),
]


def canaries(count):
    source = random.Random(5)
    return [f"c{source.randbytes(8).hex()[:15]}" for _ in range(count)]


def assert_no_trace(output, values):
    """Look for the bytes, base64 at each of its three phases, and UTF-16."""
    for value in values:
        raw = value.encode()
        spellings = [raw, raw.upper(), value.encode("utf-16-le"), json.dumps(value).encode()]
        spellings += [base64.b64encode(b"_" * n + raw)[4:-4] for n in range(3)]
        spellings.append("".join(f"\\u{ord(char):04x}" for char in value).encode())
        assert not [spelling for spelling in spellings if spelling in output]


def escaped(value, source):
    return "".join(f"\\u{ord(c):04x}" if source.random() < 0.3 else c for c in value)


@pytest.mark.parametrize(("name", "options"), ACTIONS)
@pytest.mark.parametrize("packed", [False, True])
def test_no_json_value_survives(name, options, packed):
    source = random.Random(3)
    values = canaries(400)
    rows = []
    for at in range(0, 400, 4):
        a, b, c, d = (escaped(v, source) if at > 200 else v for v in values[at : at + 4])
        key = "secr\\u0065t" if at % 24 == 0 else "secret"
        rows.append(f'{{"{key}": "{a}", "n": [{{"x": "{b}"}}, {{"x": "{c}"}}], "{key}":"{d}"}}')
    rules = [Rule("secret", name, options), Rule("n[*].x", name, options)]
    for format_name, text in (("ndjson", "\n".join(rows)), ("json", f"[{','.join(rows)}]")):
        data = gzip.compress(text.encode()) if packed else text.encode()
        sink = io.BytesIO()

        scrub(
            io.BytesIO(data), sink, rules=rules, format=format_name, options=ScrubOptions(key=KEY)
        )

        output = gzip.decompress(sink.getvalue()) if packed else sink.getvalue()
        assert_no_trace(output, values)
        assert_no_trace(sink.getvalue(), values)


@pytest.mark.parametrize(("name", "options"), ACTIONS)
def test_no_csv_value_survives(name, options):
    values = canaries(300)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([("k", "a", "b"), *((n, v, f'"{v},\n') for n, v in enumerate(values))])
    rules = [Rule("a", name, options), Rule("b", name, options)]
    sink = io.BytesIO()

    scrub(
        io.BytesIO(text.getvalue().encode()),
        sink,
        rules=rules,
        format="csv",
        options=ScrubOptions(key=KEY, reshape=True),
    )

    assert_no_trace(sink.getvalue(), values)
