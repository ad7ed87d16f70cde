"""Rows to measure with: the same every time, and as long as those of a real upload."""

import csv
import io
import json
import random

_PANGRAM = "the quick brown fox jumps over a lazy dog while seven wizards mix potions near Köln"
WORDS = _PANGRAM.split()
SMALL, BLOB = 120, 2_100


def text(source: random.Random, size: int) -> str:
    """Lines of words, some of them quoted, as a file's contents are."""
    lines: list[str] = []
    length = 0
    while length < size:
        line = " ".join(source.choices(WORDS, k=12))
        lines.append(f'"{line}," she said.' if source.random() < 0.3 else line)
        length += len(lines[-1]) + 1
    return "\n".join(lines)[:size]


def record(source: random.Random, number: int, size: int) -> dict[str, object]:
    return {
        "id": number,
        "uploaded_at": "2024-10-18T10:30:00Z",
        "user": {
            "name": f"Ann Example {number}",
            "email": f"ann.{number}@example.org",
            "country": "DE",
        },
        "amount": round(source.random() * 1000, 2),
        "paid": True,
        "note": None,
        "payments": [{"card_number": f"41111111{number:08d}", "amount": 12.5}],
        "file_name": f"dataset/2024/file-{number}.txt",
        "file_contents": text(source, size),
    }


def ndjson(total: int, size: int = SMALL) -> bytes:
    """NDJSON of about so many bytes."""
    source = random.Random(7)
    block = b"".join(
        json.dumps(record(source, number, size)).encode() + b"\n" for number in range(5_000)
    )
    lines = block.splitlines(keepends=True)
    rows = max(1, total * len(lines) // len(block))
    return b"".join(lines[number % len(lines)] for number in range(rows))


def table(total: int) -> bytes:
    """CSV of seven columns and about so many bytes."""
    source = random.Random(7)
    rows = [
        (
            n,
            f"ann.{n}@example.org",
            "DE",
            "2024-10-18",
            source.randrange(10_000),
            "12.50",
            " ".join(source.choices(WORDS, k=9)),
        )
        for n in range(20_000)
    ]
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    block = sink.getvalue().encode()
    return b"id,email,country,day,points,amount,comment\n" + block * max(1, total // len(block))
