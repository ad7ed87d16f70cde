import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.scrub.chunks import Chunks
from tests.workflow.scrub.oracle import CsvOracle
from tests.workflow.scrub.strategies import ACTION
from workflow.errors import MalformedData, SchemaMismatch, UnsupportedEncoding
from workflow.scrub import CsvOptions, RowRule, Rule, ScrubOptions, SecretKey, scrub

KEY = SecretKey("k", b"0123456789abcdef")
A = Rule("a", "blank")


def scrubbed(text, *rules, size=1 << 20, format_name="csv", **options):
    sink = io.BytesIO()
    source = Chunks(text.encode() if isinstance(text, str) else text, size)
    report = scrub(
        source, sink, rules=rules, format=format_name, options=ScrubOptions(key=KEY, **options)
    )
    return sink.getvalue().decode(), report


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a,b\nx,y\n", "a,b\n,y\n"),
        ("b,a\r\ny,x\r\n", "b,a\r\ny,\r\n"),
        ("b,a\ny,x", "b,a\ny,"),
        ('a,b\n"x, ""1""\n2",y\n', "a,b\n,y\n"),
        ('a,b\nx,"y,\n1"\n', 'a,b\n,"y,\n1"\n'),
        ('a,b\n"",y\n,y\n', 'a,b\n"",y\n,y\n'),
        ('"a",b\nx,y\n', '"a",b\n,y\n'),
        ("a,b,a\n1,2,3\n", "a,b,a\n,2,\n"),
        ("\n\na,b\n\nx,y\n\r\nx,y\n\n", "\n\na,b\n\n,y\n\r\n,y\n\n"),
        ("a\nx\n\ny\n", 'a\n""\n\n""\n'),
        ("\ufeffa,b\nx,y\n", "\ufeffa,b\n,y\n"),
        ("a,b\n", "a,b\n"),
        ("", ""),
        ("b,c\n1,2\n", "b,c\n1,2\n"),
        ('b,a\n5\'11",x"y"\n"a\nb",x\n', 'b,a\n5\'11",\n"a\nb",\n'),
    ],
)
def test_only_the_column_changes(before, after):
    assert scrubbed(before, A)[0] == after


def test_columns_have_numbers_without_a_header():
    output, _ = scrubbed("x,y\n1,2\n", Rule("2", "blank"), csv=CsvOptions(header=False))

    assert output == "x,\n1,\n"


def test_delimiter_is_an_option_and_tsv_has_tabs():
    semicolon = CsvOptions(delimiter=";")

    assert scrubbed("a;b\nx,1;y\n", A, csv=semicolon)[0] == "a;b\n;y\n"
    assert scrubbed("a\tb\nx,1\ty\n", A, format_name="tsv")[0] == "a\tb\n\ty\n"


def test_new_value_is_quoted_where_it_must_be():
    rule = Rule("a", "replace", {"with": 'x, "y"\n,z'})

    output, _ = scrubbed("a,b\n1,2\n3,4\n", rule)

    assert output == 'a,b\n"x, ""y""\n,z",2\n"x, ""y""\n,z",4\n'
    assert scrubbed(output, rule)[0] == output


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a,b\nx\n", "row 1, byte offset 4"),
        ("a,b\nx,y\nx,y,z\n", "row 2, byte offset 8"),
        ('a,b\n"x"1,y\n', "row 1"),
        ('a,b\n"x" ,y\n', "row 1"),
        ('a,b\nx,"y\n', "row 1"),
        ('a,b\nx,"', "row 1"),
        ("a,b\nx\r,y\n", "row 1"),
        ("a,b\rx,y\n", "carriage"),
        ('a,b\n1,2\n"', "does not end|1 fields"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_not_rfc_4180_is_malformed(text, error, size):
    with pytest.raises(MalformedData, match=error):
        scrubbed(text, A, size=size)


def test_other_encodings_are_refused():
    with pytest.raises(UnsupportedEncoding, match="byte offset 4"):
        scrubbed(b"a,b\n\xff,y\n", A)


def test_drop_needs_permission_to_reshape():
    with pytest.raises(SchemaMismatch, match="reshape"):
        scrubbed("a,b\n1,2\n", Rule("a", "drop"))

    assert scrubbed("a,b\n1,2\n", Rule("a", "drop"), reshape=True)[0] == "b\n2\n"
    assert scrubbed("b,a\r\n2,1", Rule("a", "drop"), reshape=True)[0] == "b\r\n2"


def test_missing_column_is_counted_or_refused():
    assert scrubbed("b,c\n1,2\n3,4\n", A)[1].rules[0].absent == 2
    with pytest.raises(SchemaMismatch, match="field a is missing"):
        scrubbed("b,c\n1,2\n", Rule("a", "blank", missing="reject"))


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (RowRule("c", equals="DE"), "2345"),
        (RowRule("c", equals=5), "124"),
        (RowRule("c", among=(True, "FR")), "134"),
        (RowRule("c", matches="^D"), "2345"),
        (RowRule("c", is_null=True), "1235"),
        (RowRule("c", is_null=False), "4"),
    ],
)
def test_row_rule_takes_the_record(rule, kept):
    rows = {"1": '1,"DE"\n', "2": "2,FR\r\n", "3": "3,5.0\n", "4": "4,\n", "5": '5,"true"'}
    rows["5"] = "5,5\n" if rule.equals == 5 else "5,true" if rule.among else '5,"true"'

    output, report = scrubbed("n,c\n" + "".join(rows.values()), A, drop_rows=rule)

    assert output == "n,c\n" + "".join(rows[n] for n in kept)
    assert (report.rows, report.rows_dropped) == (5, 5 - len(kept))


def test_empty_value_that_is_left_alone_is_no_blank_line():
    output, _ = scrubbed("a,b\n1,\n2,y\n", Rule("a", "drop"), reshape=True)

    assert output == 'b\n""\ny\n'
    assert scrubbed(output, Rule("a", "drop"), reshape=True)[0] == output


def test_row_rule_takes_no_underscore_for_a_digit():
    output, _ = scrubbed("n,c\n1,1_0\n2,10\n", A, drop_rows=RowRule("c", equals=10))

    assert output == "n,c\n1,1_0\n"


FIELD = st.one_of(
    st.text('xy,"\n\r;ø 1', max_size=5),
    st.sampled_from(["", "17", "true", "2024-10-18", "x@y"]),
)


@st.composite
def tables(draw):
    """A table as text, with quotes where they must be and where they need not."""
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    width = draw(st.integers(1, 4))
    plain = draw(st.booleans())
    end = draw(st.sampled_from(["\n", "\r\n"]))
    names = draw(st.lists(st.sampled_from("abcd"), min_size=width, max_size=width))
    lines = [delimiter.join(names)]
    for _ in range(draw(st.integers(0, 5))):
        if not plain and draw(st.integers(0, 9)) == 0:
            lines.append("")
            continue
        fields = [draw(FIELD) for _ in range(width)]
        special = set(delimiter + "\r\n")
        needs = [(not f and width == 1) or f[:1] == '"' or bool(set(f) & special) for f in fields]
        quoted = [n or (not plain and draw(st.booleans())) for n in needs]
        spelled = [
            '"' + f.replace('"', '""') + '"' if q else f
            for f, q in zip(fields, quoted, strict=True)
        ]
        lines.append(delimiter.join(spelled))
    return end.join(lines) + draw(st.sampled_from([end, ""])), delimiter


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    table=tables(),
    columns=st.lists(st.sampled_from("abcd1"), min_size=1, max_size=2, unique=True),
    actions=st.lists(ACTION, min_size=2, max_size=2),
    header=st.booleans(),
)
def test_table_is_what_the_oracle_says(table, columns, actions, header):
    text, delimiter = table
    rules = [Rule(c, *action) for c, action in zip(columns, actions, strict=False)]
    pairs = [(r.field, r.build_action().with_key(KEY)) for r in rules]
    oracle = CsvOracle(pairs, delimiter=delimiter, header=header)
    options = {"csv": CsvOptions(delimiter=delimiter, header=header), "reshape": True}
    expected = oracle.scrub(text)

    output, report = scrubbed(text, *rules, **options)

    assert output == expected
    assert [(c.matched, c.changed, c.nulled, c.absent) for c in report.rules] == [
        (c.matched, c.changed, c.nulled, c.absent) for c in oracle.counts
    ]
    for size in (1, 5):
        pieces = scrubbed(text, *rules, size=size, **options)
        assert pieces[0] == output
        assert pieces[1].rules == report.rules
    if not any(rule.action == "drop" for rule in rules):
        assert scrubbed(output, *rules, **options)[0] == output
