import gzip
import io
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workflow.cli.files import table_format_beside
from workflow.cli.main import main

POLICY = """
version: 1
datasets:
  people:
    prefix: people/
    scrub:
      - field: email
        action: blank
"""
ROWS = b'{"email":"ann@example.org","n":1.10}\n{"n":2}\n'
SCRUBBED = b'{"email":"","n":1.10}\n{"n":2}\n'


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.ndjson"
    path.write_bytes(ROWS)
    return path


@pytest.fixture
def piped(monkeypatch):
    """Give stdin these bytes and return what stdout gets."""

    class Stream:
        def __init__(self, data=b""):
            self.buffer = io.BufferedRandom(io.BytesIO(data)) if data else io.BytesIO()

    def pipe(data):
        monkeypatch.setattr(sys, "stdin", Stream(data))

    return pipe


def test_scrubs_a_file_by_rules_of_the_command_line(source, tmp_path, capsys):
    target = tmp_path / "out.ndjson"

    code = main(["scrub", str(source), "-o", str(target), "--field", "email=blank", "--json"])

    assert code == 0
    assert target.read_bytes() == SCRUBBED
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["changed"]) == (2, True)
    assert report["rules"][0]["absent"] == 1


def test_scrubs_in_place_by_a_dataset(source, tmp_path, capsys):
    policy = tmp_path / "datasets.yaml"
    policy.write_text(POLICY)
    source.chmod(0o640)

    code = main(["scrub", str(source), "-o", str(source), "--dataset", "people", "-f", str(policy)])

    assert code == 0
    assert source.read_bytes() == SCRUBBED
    assert source.stat().st_mode & 0o777 == 0o640
    assert "email" in capsys.readouterr().out


def test_options_of_an_action_follow_it(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("card,d\n4111222233334444,2024-10-18\n")
    rules = ["--field", "card=mask,keep_last=4,char=#", "--field", "d=generalize,to=month"]

    assert main(["scrub", str(source), "-o", str(target), *rules]) == 0
    assert target.read_text() == "card,d\n############4444,2024-10-01\n"


def test_dry_run_counts_and_writes_nothing(source, tmp_path, capsys):
    before = sorted(tmp_path.iterdir())

    code = main(["scrub", str(source), "--field", "email=blank", "--dry-run", "--json"])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["rules"][0]["changed"] == 1
    assert sorted(tmp_path.iterdir()) == before
    assert source.read_bytes() == ROWS


def test_field_that_no_row_has_is_told(source, tmp_path, capsys):
    target = tmp_path / "out"

    assert main(["scrub", str(source), "-o", str(target), "--field", "Email=blank"]) == 0
    assert "no row has Email" in capsys.readouterr().err
    assert target.read_bytes() == ROWS


def test_reads_stdin_and_writes_stdout(piped, capfdbinary):
    piped(gzip.compress(ROWS))

    code = main(["scrub", "-", "-o", "-", "--field", "email=blank"])

    assert code == 0
    output, messages = capfdbinary.readouterr()
    assert gzip.decompress(output) == SCRUBBED
    assert b"2 rows" in messages


def test_refused_input_leaves_the_output_as_it_was(tmp_path, capsys):
    source, target = tmp_path / "in.ndjson", tmp_path / "out"
    source.write_bytes(ROWS + b"secret\n")
    target.write_text("before")

    code = main(["scrub", str(source), "-o", str(target), "--field", "email=blank"])

    assert code == 4
    assert target.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.ndjson", "out"]
    message = capsys.readouterr().err
    assert "row 3" in message
    assert "secret" not in message


def test_hash_takes_its_key_from_a_file(source, tmp_path):
    key, target = tmp_path / "key", tmp_path / "out"
    key.write_bytes(b"0123456789abcdef\n")
    command = ["scrub", str(source), "-o", str(target), "--field", "email=hash"]

    assert main(command) == 2
    assert main([*command, "--key-file", str(key)]) == 0
    assert b'"hmac1.local.' in target.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--field", "email=blank"], 2),
        (["-o", "out", "--dry-run", "--field", "email=blank"], 2),
        (["-o", "out"], 2),
        (["-o", "out", "--field", "email"], 2),
        (["-o", "out", "--field", "email=shred"], 2),
        (["-o", "out", "--field", "email=mask,keep_last"], 2),
        (["-o", "out", "--field", "a=blank", "--field", "a.b=blank"], 3),
        (["-o", "out", "--field", "a=blank", "--format", "xml"], 2),
        (["-o", "out", "--dataset", "people", "-f", "no.yaml"], 3),
        (["-o", "no/where/out", "--field", "email=blank"], 5),
        (["-o", "out", "--field", "a=hash", "--key-file", "no-key"], 5),
    ],
)
def test_wrong_arguments_have_their_exit_codes(source, tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)

    assert main(["scrub", str(source), *arguments]) == code
    assert not (tmp_path / "out").exists()


def test_missing_input_is_not_found(tmp_path):
    arguments = ["-o", str(tmp_path / "out"), "--field", "email=blank"]

    assert main(["scrub", str(tmp_path / "none"), *arguments]) == 5


def test_file_of_a_table_is_refused_by_what_lies_beside_it(tmp_path, capsys):
    source, target = tmp_path / "t" / "x=1" / "a.parquet", tmp_path / "out"
    (tmp_path / "t" / "_delta_log").mkdir(parents=True)
    (tmp_path / "t" / "_delta_log" / "00000000000000000000.json").touch()
    source.parent.mkdir()
    pq.write_table(pa.table({"email": ["ann@example.org"], "n": [1]}), source)

    assert main(["scrub", str(source), "-o", str(target), "--field", "email=blank"]) == 4
    assert "belongs to a table of Delta" in capsys.readouterr().err
    assert not target.exists()
    # What is not changed breaks no table.
    assert main(["scrub", str(source), "-o", str(target), "--field", "phone=blank"]) == 0


def test_folder_that_cannot_be_listed_tells_nothing(tmp_path):
    assert table_format_beside(str(tmp_path / "none" / "a.parquet")) is None
