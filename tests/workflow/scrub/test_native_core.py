"""The native core on its own: how it is built and found, and that it leaves no byte unread.

What it does to rows is held against the reference in `test_hot_loop*.py`, with the same documents
as the hot loop in Python.
"""

import ctypes
import io
import mmap
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.errors import PermanentError, UsageError
from workflow.scrub import Rule, ScrubOptions, scrub
from workflow.scrub.native import build as builder
from workflow.scrub.native.library import (
    FILE_NAME,
    IMPOSSIBLE,
    INTERFACE,
    Column,
    Edit,
    Found,
    Layout,
    Source,
    Table,
    load,
    sources,
    sources_digest,
)
from workflow.scrub.native.loop import NativeLoop, Rows
from workflow.scrub.native.tree import NativeTree
from workflow.scrub.plan import bind

RULES = [
    Rule("a", "blank"),
    Rule("b[*].c", "mask", {"keep_last": 1}),
    Rule("d", "drop"),
    Rule("é.k", "null"),
]


def reader(rules=RULES):
    plan = bind(rules, ScrubOptions())
    removes = {number for number, rule in enumerate(plan.rules) if rule.action.removes}
    return Rows(load(), NativeTree(plan.tree, removes=removes, folds=False), len(rules))


def test_library_is_built_from_these_sources():
    """Otherwise `make setup` is due."""
    assert load() is not None


def test_library_that_is_not_there_or_none_is_done_without(tmp_path):
    (tmp_path / "text").write_text("no library")

    assert load(tmp_path / "missing") is None
    assert load(tmp_path / "text") is None


def other_library(folder, interface, digest, *more):
    source = folder / "other.c"
    source.write_text(
        f"unsigned lakescrub_interface(void) {{ return {interface}; }}\n"
        f'const char *lakescrub_sources(void) {{ return "{digest}"; }}\n' + "".join(more)
    )
    compiler = [sys.executable, "-m", "ziglang", "cc", "-shared", "-o", str(folder / FILE_NAME)]
    subprocess.run([*compiler, str(source)], check=True)
    return load(folder / FILE_NAME)


def test_library_with_another_interface_is_done_without(tmp_path):
    assert other_library(tmp_path, INTERFACE + 1, sources_digest()) is None


def test_library_of_other_sources_is_done_without(tmp_path):
    """It would be what an older checkout has left."""
    assert other_library(tmp_path, INTERFACE, "0" * 64) is None


def test_library_without_the_functions_is_done_without(tmp_path):
    assert other_library(tmp_path, INTERFACE, sources_digest()) is None


def test_sources_compile_without_a_warning(tmp_path):
    names = [str(path) for path in sources() if path.suffix == ".c"]
    strict = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror"]
    compiler = [sys.executable, "-m", "ziglang", "cc", *strict, '-DLAKESCRUB_SOURCES="x"']

    subprocess.run([*compiler, "-c", *names], cwd=tmp_path, check=True)


def test_library_that_does_not_compile_leaves_the_old_one(tmp_path):
    (tmp_path / FILE_NAME).write_text("old")

    with pytest.raises(UsageError, match="does not compile"):
        builder.build(tmp_path, target="no-such-machine")

    assert (tmp_path / FILE_NAME).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_folder_that_takes_no_library_is_told(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        builder.build(tmp_path / "file")


@pytest.mark.parametrize("edits", [[(0, 4), (2, 6)], [(4, 6), (0, 2)], [(0, 9)], [(5, 4)]])
def test_edits_that_cannot_be_write_nothing(edits):
    """The core relies on rules that do not overlap, but not with its memory."""
    listed = (Edit * len(edits))(*(Edit(start, end, 0, 0) for start, end in edits))
    found = Found(edits=listed, room=len(edits), count=len(edits))
    new, out = Source(bytes=b"", size=0), ctypes.create_string_buffer(64)

    assert load().lakescrub_assemble(b"12345678", 8, found, new, out) == IMPOSSIBLE


class GuardedPage:
    """Bytes, and the NUL behind them, at the end of a page with none behind it that may be read."""

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.pages))
        assert libc.mprotect(ctypes.c_void_p(self.start + mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0

    def put(self, data):
        at = mmap.PAGESIZE - len(data) - 1
        self.pages[at : mmap.PAGESIZE] = data + b"\0"
        return self.start + at


ENDS = [
    *(
        '{"a":"x',
        '{"a":"\\',
        '{"a":"\\u',
        '{"a":"\\u00',
        '{"a":"\\ud83d\\',
        '{"a":"\\ud83d\\u',
        "{",
    ),
    *(
        '{"a":tru',
        '{"a":nul',
        '{"a":fals',
        "[1,",
        "[-",
        "[1e",
        "[1.",
        '{"a"',
        '{"a":',
        '{"a\\u00e',
        "",
    ),
    *(
        '{"é',
        '{"\u20ac',
        '{"\U0001f600',
        '{"a":1}',
        '{"a":"x"}',
        '[" ',
        '{"b":[{"c":"x"',
        '{"d":1,',
    ),
]


FIELDS = ["", "a", '"', '"x', '"x"', '"x""', '""', '"x"y', "\r", "\n", "\r\n", "x" * 20, '"\n"']


def test_nothing_is_read_behind_the_end():
    """One byte too many would end this process."""
    guarded, used, library = GuardedPage(), reader(), load()
    table = Table((Column * 2)(Column(0, 0, 1), Column(1, 1, 0)), 2, ord(","))
    found = used.scanner._found
    for text in [*ENDS, *(f"{start},{end}" for start in FIELDS for end in FIELDS)]:
        whole = text.encode()
        for size in range(len(whole) + 1):
            found.count = found.rows = 0
            place = ctypes.c_char_p(guarded.put(whole[:size]))
            library.lakescrub_scan_records(place, size, table, found)
            library.lakescrub_last_record_end(place, size, ord(","))
            for layout in Layout:
                library.lakescrub_scan(place, size, layout, used._tree.tree, found)


PIECES = [
    *(
        '{"a":',
        '{"b":[',
        '{"c":',
        '"x"',
        '"\\u00e9"',
        '"\\',
        '"a"',
        ":",
        ",",
        "}",
        "]",
        "[",
        "{",
        " ",
    ),
    *(
        "1",
        "-0.5e+3",
        "01",
        "true",
        "null",
        "nul",
        "\t",
        "\r",
        "\n",
        '{"d":1}',
        '{"d":1,',
        "é",
        "\x01",
    ),
    *(
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0061":',
        '"\\u00',
        '{"é":{"k":2}}',
        "\0",
        '"',
        "1.",
        "-",
    ),
]
DATA = st.lists(st.sampled_from(PIECES), max_size=14).map("".join).map(str.encode) | st.binary(
    max_size=40
)
OPTIONS = st.sampled_from([ScrubOptions(), ScrubOptions(ignore_case=True)])


def outcome(data, options, way):
    sink = io.BytesIO()
    try:
        report = scrub(
            io.BytesIO(data), sink, rules=RULES, format=way.pop("format"), options=options, **way
        )
    except PermanentError as error:
        return type(error), str(error)
    return sink.getvalue(), report


@settings(max_examples=1500)
@given(DATA, OPTIONS, st.sampled_from(["json", "ndjson"]))
def test_whatever_comes_ends_as_with_the_reference(data, options, name):
    native = outcome(data, options, {"format": name})
    reference = outcome(data, options, {"format": name, "trace": lambda _: None})

    assert native == reference


def test_what_the_reference_refuses_the_core_never_takes():
    """Damage at each place of a row; here no halving and no second look can hide a wrong answer."""
    row = '{"a":"x\\u00e9\\n","b":[{"c":"1234"},2.5e-1],"d":{"e":null},"é":{"k":true}}\n'.encode()
    source = random.Random(1)
    taken = 0
    for _ in range(6000):
        at = source.randrange(len(row))
        data = row[:at] + source.choice([b"", b'"', b"\\", b",", b"0", b"\xff"]) + row[at + 1 :]
        plan = bind(RULES, ScrubOptions())
        native = NativeLoop.for_plan(plan).scrub_lines(data)
        expected = outcome(data, ScrubOptions(), {"format": "ndjson", "trace": lambda _: None})

        refused = not isinstance(expected[0], bytes)
        assert native == (None if refused else expected[0]), data
        taken += not refused
    assert 1000 < taken < 5000


def test_only_the_kelvin_sign_is_small_inside_of_ascii():
    """What the core knows of other letters, see `can_be_native`."""
    others = map(chr, range(128, sys.maxunicode + 1))

    assert [letter for letter in others if letter.lower().isascii()] == ["\u212a"]


def test_room_for_edits_grows():
    used = reader([Rule("a[*]", "blank")])
    data = b'{"a":[' + b",".join([b'"x"'] * 100_000) + b"]}\n"

    assert used.read(data, Layout.LINES)
    assert used.scanner.tallies[0].matched == used.scanner.edits == 100_000
