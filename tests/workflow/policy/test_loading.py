from datetime import timedelta
from pathlib import Path

import pytest

from workflow.errors import PolicyError
from workflow.policy import load_policies, read_policies

_WHOLE = """\
version: 1
datasets:
  uploads:
    prefix: dataset/
    table: files
    format: ndjson
    after: 30d
    late_after: PT30M
    erase_versions: true
    enforce: false
    ignore_case: true
    reshape: true
    csv: {delimiter: ";", header: false}
    drop_rows: {where: {field: country, in: [NO, 7, true]}}
    scrub:
      - field: file_contents
        action: blank
        missing: reject
      - {field: user.email, action: null}
"""
_RULE = "scrub: [{field: f, action: blank}]"


def any_file(*lines: str) -> str:
    return "version: 1\ndatasets:\n  uploads:\n" + "".join(f"    {line}\n" for line in lines)


def test_loads_every_key_of_the_format() -> None:
    dataset = load_policies(_WHOLE)["uploads"]

    assert dataset.prefix == "dataset/"
    assert dataset.table == "files"
    assert dataset.format == "ndjson"
    assert dataset.after == timedelta(days=30)
    assert dataset.late_after == timedelta(minutes=30)
    assert dataset.erase_versions
    assert not dataset.enforce
    assert dataset.options.ignore_case
    assert dataset.options.reshape
    assert dataset.options.csv.delimiter == ";"
    assert not dataset.options.csv.header
    assert dataset.options.drop_rows
    assert dataset.options.drop_rows.among == ("NO", 7, True)
    assert [(rule.field, rule.action, rule.missing) for rule in dataset.rules] == [
        ("file_contents", "blank", "reject"),
        ("user.email", "null", "ignore"),
    ]


def test_has_careful_defaults() -> None:
    dataset = load_policies(any_file("prefix: a/Sales Data/", _RULE))["uploads"]

    assert dataset.after == timedelta(seconds=300)
    assert dataset.late_after == timedelta(minutes=15)
    assert dataset.format == "auto"
    assert dataset.table == "sales_data"
    assert dataset.enforce
    assert not dataset.erase_versions


def test_takes_rules_from_an_anchor_and_merges() -> None:
    policies = load_policies(
        """\
version: 1
datasets:
  one: &one
    prefix: one/
    after: 1h
    scrub: &rules
      - {field: a, action: blank}
  two:
    prefix: two/
    scrub: *rules
  three:
    <<: *one
    prefix: three/
"""
    )

    assert policies["one"].rules == policies["two"].rules == policies["three"].rules
    assert policies["three"].after == timedelta(hours=1)
    assert policies["two"].after == timedelta(minutes=5)


def test_lets_a_dataset_within_another_feed_the_same_table() -> None:
    text = any_file("prefix: data/", _RULE)
    text += "  norway:\n    prefix: data/country=NO/\n    table: data\n    " + _RULE + "\n"

    policies = load_policies(text)

    assert policies["uploads"].table == policies["norway"].table == "data"


def test_reads_a_file_with_a_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "datasets.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + _WHOLE.replace("\n", "\r\n").encode())

    assert list(read_policies(path)) == ["uploads"]


def test_tells_all_problems_at_once_in_the_order_of_the_file() -> None:
    text = any_file("prefix: /a/", "after: 5", "scrub: [{field: f, action: blnk}]", "tabel: x")

    with pytest.raises(PolicyError) as refusal:
        load_policies(text, source="d.yaml")

    assert [line.split(": ")[0] for line in str(refusal.value).split("\n")] == [
        "d.yaml:4",
        "d.yaml:5",
        "d.yaml:6",
        "d.yaml:7",
    ]


def test_names_both_lines_of_rules_that_overlap() -> None:
    text = any_file(
        "prefix: a/",
        "scrub:",
        "  - {field: user, action: blank}",
        "  - {field: id, action: blank}",
        "  - {field: user.email, action: blank}",
    )

    with pytest.raises(PolicyError, match=r"^d.yaml:8: datasets.uploads.scrub\[2\]: .*6 and 8"):
        load_policies(text, source="d.yaml")


def test_tells_every_clash_of_a_dataset_once() -> None:
    text = file_of_csv_rules("a", "a", "b.c", "a")

    with pytest.raises(PolicyError) as refusal:
        load_policies(text, source="d.yaml")

    told = [
        line.partition(": datasets.uploads.scrub")[2] for line in str(refusal.value).split("\n")
    ]
    assert told == [
        "[1]: a and a select the same or a nested value (lines 7 and 8)",
        "[2]: b.c selects inside a value; a csv file has columns only",
        "[3]: a and a select the same or a nested value (lines 7 and 10)",
        "[3]: a and a select the same or a nested value (lines 8 and 10)",
    ]


def file_of_csv_rules(*fields: str) -> str:
    rules = [f"  - {{field: {field}, action: blank}}" for field in fields]
    return any_file("prefix: a/", "format: csv", "scrub:", *rules)


def test_names_both_lines_of_a_row_rule_on_a_written_field() -> None:
    text = any_file(
        "prefix: a/",
        "drop_rows: {where: {field: country, equals: DE}}",
        "scrub:",
        "  - {field: country, action: blank}",
    )

    with pytest.raises(PolicyError, match=r"lines 7 and 5"):
        load_policies(text, source="d.yaml")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "datasets.yaml: No such file or directory"),
        (b"version: 1\n# \xff\n", "datasets.yaml:2: not UTF-8 text"),
    ],
)
def test_refuses_a_file_that_cannot_be_read(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "datasets.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(PolicyError) as refusal:
        read_policies(path)

    assert str(refusal.value) == f"{tmp_path}/{problem}"


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="Is a directory"):
        read_policies(tmp_path)
