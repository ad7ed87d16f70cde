"""The progress bar is for a person at a terminal, and for nobody else."""

import os
import pty
import select
import subprocess
import sys

import pytest

ROW = b'{"email":"ann@example.org","n":1}\n'
LONG = 64 * 1024 * 1024
PATIENCE = 60


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """An input that takes long enough to be watched."""
    path = tmp_path_factory.mktemp("long") / "in.ndjson"
    rows = ROW * 10_000
    with path.open("wb") as out:
        for _ in range(LONG // len(rows) + 1):
            out.write(rows)
    return path


def on_terminal(*arguments, stdin=None, stdout=subprocess.DEVNULL):
    """Run the command with a terminal as stderr; give its exit code and what the terminal got."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "workflow.cli.main", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdin=stdin, stdout=stdout, stderr=theirs, env=environment, close_fds=True
    )
    os.close(theirs)
    seen = read_all(ours)
    os.close(ours)
    return process.wait(PATIENCE), seen


def read_all(terminal):
    seen = b""
    while select.select([terminal], [], [], PATIENCE)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            # Linux says so when the last process has closed its end.
            break
        if not data:
            break
        seen += data
    return seen


def test_long_input_shows_its_progress_on_a_terminal(source, tmp_path):
    target = tmp_path / "out"

    code, seen = on_terminal("scrub", source, "-o", target, "--field", "email=blank")

    assert code == 0
    assert b"scrubbing" in seen
    assert b"/67.3 MB" in seen
    assert target.stat().st_size < source.stat().st_size


def test_bar_is_no_part_of_the_output(source):
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as out:
        code, seen = on_terminal(
            "scrub", source, "--dry-run", "--field", "email=blank", "--json", stdout=out
        )
    with os.fdopen(reader, "rb") as piped:
        report = piped.read()

    assert code == 0
    assert b"scrubbing" in seen
    assert report.startswith(b"{")
    assert b"scrubbing" not in report


def test_nothing_is_shown_where_nobody_looks(source):
    command = [sys.executable, "-m", "workflow.cli.main"]
    arguments = ["scrub", str(source), "--dry-run", "--field", "email=blank"]

    done = subprocess.run([*command, *arguments], capture_output=True, check=True)

    assert done.stderr == b""


def test_short_input_is_done_before_anybody_looks(tmp_path):
    source = tmp_path / "in.ndjson"
    source.write_bytes(ROW)

    code, seen = on_terminal("scrub", source, "--dry-run", "--field", "email=blank")

    assert (code, seen) == (0, b"")


def test_stdin_has_no_length_to_measure_by(source):
    with source.open("rb") as stdin:
        code, seen = on_terminal("scrub", "-", "--dry-run", "--field", "email=blank", stdin=stdin)

    assert (code, seen) == (0, b"")
