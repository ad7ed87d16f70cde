"""Time and memory: long rows, long objects, quick imports."""

import io
import subprocess
import sys
import time
import tracemalloc

import pytest

from workflow.errors import MalformedData, ObjectTooLarge
from workflow.scrub import RowRule, Rule, ScrubOptions, scrub
from workflow.scrub.jsontext.hot import HotLoop
from workflow.scrub.jsontext.strict import MAX_DEPTH
from workflow.scrub.lines import MAX_ROW
from workflow.scrub.plan import bind

A = [Rule("a", "blank")]
MEMORY = """
import io, resource, sys
from workflow.scrub import Rule, scrub

class Rows(io.RawIOBase):
    def __init__(self, head, row, tail, count):
        self.head, self.row, self.tail, self.count = head, row * 1000, tail, count
    def read(self, size=-1):
        if self.head:
            data, self.head = self.head, b""
            return data
        if self.count:
            self.count -= 1
            return self.row
        data, self.tail = self.tail, b""
        return data

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

head, row, tail, format_name = eval(sys.argv[1])
def run(count):
    scrub(Rows(head, row, tail, count), None, rules=[Rule("a", "blank")], format=format_name)
run(3)
base = peak()
run(60)
first = peak()
run(600)
print(first - base, peak() - first)
"""
ROW = b'{"a":"' + b"x" * 150 + b'","b":[1,2,{"c":"y"}]}'


@pytest.mark.parametrize(
    "shape",
    [
        (b"", ROW + b"\n", b"", "ndjson"),
        (b"[", ROW + b",\n", ROW + b"]", "json"),
        (b"a,b\n", b"x" * 150 + b',"y\n,z"\n', b"", "csv"),
    ],
    ids=["ndjson", "json array", "csv"],
)
def test_memory_does_not_grow_with_the_object(shape):
    """Ten times the rows (11 MB, then 110 MB) need no more memory."""
    command = [sys.executable, "-c", MEMORY, repr(shape)]

    found = subprocess.run(command, capture_output=True, text=True, check=True)

    first, more = map(int, found.stdout.split())
    assert first < 64 * 1024
    assert more < 4 * 1024


@pytest.mark.parametrize("format_name", ["ndjson", "json", "csv"])
def test_row_of_50_megabytes_is_scrubbed_in_linear_time(format_name):
    value = b"x" * 50_000_000
    row = {
        "ndjson": b'{"b":1,"a":"%b"}\n' % value,
        "json": b'[{"b":1},\n{"b":1,"a":"%b"}]' % value,
        "csv": b'b,a\n1,"%b"\n' % value,
    }[format_name]
    expected = {
        "ndjson": b'{"b":1,"a":""}\n',
        "json": b'[{"b":1},\n{"b":1,"a":""}]',
        "csv": b"b,a\n1,\n",
    }[format_name]
    sink = io.BytesIO()
    started = time.process_time()

    scrub(io.BytesIO(row), sink, rules=A, format=format_name)

    assert sink.getvalue() == expected
    assert time.process_time() - started < 10


@pytest.mark.parametrize(("size", "native"), [(49, True), (63, True), (63, False)])
def test_record_may_be_as_long_as_a_row_wherever_it_is_searched(size, native):
    record = b'x,"' + b"z" * (size << 20) + b'"\n'
    source = io.BytesIO(b"a,b\n" + record + b"x,%b\n" % (b"y" * 1000) * 17_000)

    report = scrub(source, None, rules=[Rule("b", "blank")], format="csv", native=native)

    assert report.rows == 17_001


@pytest.mark.parametrize("native", [True, False])
def test_array_that_loses_a_long_run_of_rows_costs_no_more_for_each(native):
    rows = b",".join([b'\n        {"b":0}'] * 300_000)
    started = time.process_time()
    sink = io.BytesIO()

    scrub(
        io.BytesIO(b"[" + rows + b',\n {"b":1}]'),
        sink,
        rules=A,
        format="json",
        options=ScrubOptions(drop_rows=RowRule("b", equals=0)),
        native=native,
    )

    assert sink.getvalue() == b"[" + b"\n        " * 300_000 + b'\n {"b":1}]'
    # Quadratic, it were a quarter of a minute.
    assert time.process_time() - started < 10


def test_longer_rows_are_refused():
    class Endless(io.RawIOBase):
        def read(self, _=-1):
            return b"x" * (1 << 20)

    for format_name, error in (("ndjson", ObjectTooLarge), ("csv", ObjectTooLarge)):
        with pytest.raises(error, match=str(MAX_ROW)):
            scrub(Endless(), None, rules=A, format=format_name)


@pytest.mark.parametrize(
    "row",
    [
        b'{"a":"x","b":' + b"[" * 100_000,
        b'{"a":"' + b"\\" * 200_001 + b'"}',
        b'{"a":' + b'"' * 100_000,
        b"[" + b"1," * 100_000,
        b'{"b":' + b'{"b":' * 50_000,
        b"[" * 20_000_000,
        b'[{"a":"x","b":' + b"[" * 20_000_000,
        b"[" + b"1," * 5_000_000,
        b'{"b":1' + b',"b":1' * 1_000_000,
    ],
    ids=range(9),
)
@pytest.mark.parametrize("format_name", ["ndjson", "json"])
def test_hostile_row_is_refused_in_time(row, format_name):
    started = time.process_time()

    with pytest.raises(MalformedData):
        scrub(io.BytesIO(row), None, rules=[*A, Rule("b[*].c", "null")], format=format_name)

    assert time.process_time() - started < 5


class Chunks(io.RawIOBase):
    """A source that gives what it likes, and the last for ever if need be."""

    def __init__(self, *chunks, endless=False):
        super().__init__()
        self.chunks = list(chunks)
        self.endless = endless

    def read(self, _=-1):
        if self.endless and len(self.chunks) == 1:
            return self.chunks[0]
        return self.chunks.pop(0) if self.chunks else b""


def test_small_elements_cost_no_more_behind_a_large_one():
    large = b'{"b":"' + b"x" * 20_000_000 + b'"}'
    deep = b',{"a":"x","b":[[[[[[]]]]]]}' * 20_000
    sink = io.BytesIO()
    started = time.process_time()

    scrub(
        io.BytesIO(b"[" + large + deep + b"]"),
        sink,
        rules=A,
        format="json",
        options=ScrubOptions(ignore_case=True),
    )

    assert sink.getvalue() == b"[" + large + deep.replace(b'"x"', b'""') + b"]"
    assert time.process_time() - started < 10


def test_values_that_look_like_a_name_cost_no_memory():
    row = b'{"a":"x","b":["a"' + b',"a"' * 2_000_000 + b"]}\n"

    tracemalloc.start()
    scrub(io.BytesIO(row), None, rules=A, format="ndjson")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10 * len(row)


def test_row_with_many_brackets_is_for_the_hot_loop():
    hot = HotLoop.for_plan(bind(A, ScrubOptions()))
    row = b'{"a":"x","b":[%b]}\n' % b",".join([b"[{}]"] * MAX_DEPTH)

    assert hot is not None
    assert hot.scrub_lines(row) == row.replace(b'"x"', b'""')


def test_large_element_is_taken_wherever_its_input_is_cut():
    large = b"x" * (MAX_ROW * 5 // 8)
    rows = b',{"b":"%b"}' % (b"x" * 1000) * 40_000
    source = Chunks(b'[{"a":"' + large, b'"}' + rows + b"]")

    report = scrub(source, None, rules=A, format="json")

    assert report.rows == 40_001


@pytest.mark.parametrize("start", [b"[1 2", b"[}", b"[1,,", b'[{"a":1}{', b"[1]["])
def test_fault_between_elements_is_told_without_reading_on(start):
    with pytest.raises(MalformedData):
        scrub(Chunks(start, b" " * (1 << 20), endless=True), None, rules=A, format="json")


def test_import_is_quick_and_leaves_pyarrow_alone():
    code = (
        "import sys, time; started = time.process_time(); import workflow.scrub; "
        "print(time.process_time() - started, 'pyarrow' in sys.modules, 'numpy' in sys.modules)"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    spent, *loaded = found.stdout.split()
    assert loaded == ["False", "False"]
    assert float(spent) < 0.15
