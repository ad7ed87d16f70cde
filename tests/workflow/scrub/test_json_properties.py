import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.scrub.chunks import Chunks
from tests.workflow.scrub.oracle import JsonOracle, Reader
from tests.workflow.scrub.strategies import ACTION, ROWS, rule_fields, same_shape
from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, scrub
from workflow.scrub.selector import parse_selector

KEY = SecretKey("k", b"0123456789abcdef")
LINE_ENDS = st.sampled_from(["\n", "\n", "\r\n", "\n\n", " \n"])
SLOW = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def policies(draw):
    return [Rule(field, *draw(ACTION)) for field in draw(rule_fields())]


def scrubbed(data, rules, format_name, *, size=1 << 20, ignore_case=False):
    sink = io.BytesIO()
    options = ScrubOptions(key=KEY, ignore_case=ignore_case)
    report = scrub(Chunks(data, size), sink, rules=rules, format=format_name, options=options)
    return sink.getvalue(), report


def oracle_for(rules, *, ignore_case=False):
    pairs = [(parse_selector(r.field).steps, r.build_action().with_key(KEY)) for r in rules]
    return JsonOracle(pairs, ignore_case=ignore_case)


def counts_of(report):
    return [(c.matched, c.changed, c.nulled, c.absent) for c in report.rules]


def counts_of_oracle(oracle):
    return [(c.matched, c.changed, c.nulled, c.absent) for c in oracle.counts]


@SLOW
@given(
    rows=st.lists(st.tuples(ROWS, LINE_ENDS), max_size=6),
    rules=policies(),
    ignore_case=st.booleans(),
    last=st.booleans(),
)
def test_ndjson_is_what_the_oracle_says(rows, rules, ignore_case, last):
    oracle = oracle_for(rules, ignore_case=ignore_case)
    expected = [oracle.scrub(row) + end for row, end in rows]
    lines = [row + end for row, end in rows]
    if rows and not last:
        lines[-1], expected[-1] = lines[-1].rstrip(), expected[-1].rstrip()

    output, report = scrubbed("".join(lines).encode(), rules, "ndjson", ignore_case=ignore_case)

    assert output.decode() == "".join(expected)
    assert counts_of(report) == counts_of_oracle(oracle)
    assert report.rows == len(rows)
    assert scrubbed(output, rules, "ndjson", ignore_case=ignore_case)[0] == output
    for size in (1, 7, 100):
        pieces = scrubbed(
            "".join(lines).encode(), rules, "ndjson", size=size, ignore_case=ignore_case
        )
        assert pieces[0] == output
        assert counts_of(pieces[1]) == counts_of(report)


@SLOW
@given(rows=same_shape(), rules=policies(), end=st.sampled_from(["\n", "\r\n"]))
def test_rows_of_one_shape_are_what_the_oracle_says(rows, rules, end):
    """Here the hot loop does most of the work, in lines and in arrays."""
    oracle = oracle_for(rules)
    expected = [oracle.scrub(row) for row in rows]

    output, report = scrubbed((end.join(rows) + end).encode(), rules, "ndjson")
    array, array_report = scrubbed(f"[{','.join(rows)}]".encode(), rules, "json")

    assert output.decode() == end.join(expected) + end
    assert array.decode() == f"[{','.join(expected)}]"
    assert counts_of(report) == counts_of(array_report) == counts_of_oracle(oracle)


@SLOW
@given(
    rows=st.lists(ROWS, max_size=5),
    space=st.sampled_from(["", " ", "\n  "]),
    rules=policies(),
    size=st.sampled_from([1, 7, 100, 1 << 20]),
)
def test_json_array_is_what_the_oracle_says(rows, space, rules, size):
    oracle = oracle_for(rules)
    expected = (
        f"{space}[{space}" + f"{space},{space}".join(map(oracle.scrub, rows)) + f"{space}]{space}"
    )
    text = f"{space}[{space}" + f"{space},{space}".join(rows) + f"{space}]{space}"

    output, report = scrubbed(text.encode(), rules, "json", size=size)

    assert output.decode() == expected
    assert counts_of(report) == counts_of_oracle(oracle)
    assert scrubbed(output, rules, "json")[0] == output


@pytest.mark.parametrize("size", [1, 1 << 20])
@SLOW
@given(document=ROWS.filter(lambda row: not row.startswith("[")), rules=policies())
def test_json_document_is_what_the_oracle_says(size, document, rules):
    oracle = oracle_for(rules)
    expected = oracle.scrub(document)

    output, report = scrubbed(document.encode(), rules, "json", size=size)

    assert output.decode() == expected
    assert counts_of(report) == counts_of_oracle(oracle)


def goes(row):
    hits = []
    oracle_for([]).select(Reader(row).value(), ["b"], None, None, hits)
    return any(value.kind == "null" for _, _, value in hits)


@SLOW
@given(
    rows=st.lists(st.one_of(ROWS, st.just('{"b": null}')), max_size=5),
    size=st.sampled_from([1, 7, 1 << 20]),
)
def test_rows_read_are_those_kept_and_those_dropped(rows, size):
    rules = [Rule("a", "blank")]
    oracle = oracle_for(rules)
    kept = [oracle.scrub(row) for row in rows if not goes(row)]
    options = ScrubOptions(drop_rows=RowRule("b", is_null=True))
    lines, array = io.BytesIO(), io.BytesIO()

    report = scrub(
        Chunks("\n".join([*rows, ""]).encode(), size),
        lines,
        rules=rules,
        format="ndjson",
        options=options,
    )
    other = scrub(
        Chunks(f"[{','.join(rows)}]".encode(), size),
        array,
        rules=rules,
        format="json",
        options=options,
    )

    assert lines.getvalue().decode() == "\n".join([*kept, ""])
    assert array.getvalue().decode() == f"[{','.join(kept)}]"
    assert report.rows == other.rows == len(rows)
    assert report.rows_dropped == other.rows_dropped == len(rows) - len(kept)
    assert counts_of(report) == counts_of(other) == counts_of_oracle(oracle)
