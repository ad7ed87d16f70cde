"""What a header may look like, and when it is none."""

import io

import pytest

from workflow.errors import PolicyError, SchemaMismatch
from workflow.scrub import RowRule, Rule, ScrubOptions, check_rules, scrub
from workflow.scrub.rules import CsvOptions

EMAIL = [Rule("email", "blank")]


def scrubbed(data, *, format_name="csv", **options):
    sink = io.BytesIO()
    report = scrub(
        io.BytesIO(data), sink, rules=EMAIL, format=format_name, options=ScrubOptions(**options)
    )
    return sink.getvalue(), report


@pytest.mark.parametrize(
    "header", [b"id,email", b'"id","email"', b"\xef\xbb\xbfemail,id", b"\r\n\r\nid,email"]
)
def test_mark_quotes_and_blank_lines_are_no_part_of_a_name(header):
    _, report = scrubbed(header + b"\r\nann@example.org,ann@example.org\r\n")

    assert (report.rules[0].changed, report.fields_nowhere) == (1, ())


@pytest.mark.parametrize("header", [b"id,Email", b"id, email", b"id,email ", b'id,"e-mail"'])
def test_names_are_exact_and_a_field_that_no_row_has_is_told(header):
    data = header + b"\n1,ann@example.org\n"

    output, report = scrubbed(data)

    assert output == data
    assert report.rules[0].absent == 1
    assert report.fields_nowhere == ("email",)


def test_case_is_ignored_where_the_policy_says_so():
    output, report = scrubbed(b"id,Email\n1,x\n", ignore_case=True)

    assert output == b"id,Email\n1,\n"
    assert report.fields_nowhere == ()


@pytest.mark.parametrize(
    ("data", "format_name"),
    [
        (b"id;email\n1;x\n", "csv"),
        (b'id;"email"\n1;"x"\n', "csv"),
        (b"id;name;email\n", "tsv"),
        (b"id|email\n1|x\n", "csv"),
        (b"id\temail\n1\tx\n", "csv"),
        (b"id,email\n1,x\n", "tsv"),
        (b"sep=;\nid;email\n1;x\n", "csv"),
        (b'{"id": 1, "email": "x"}\n{"id": 2, "email": "y"}\n', "csv"),
        (b'{"email":"x"}\n', "tsv"),
    ],
)
def test_header_of_another_delimiter_or_format_is_refused(data, format_name):
    with pytest.raises(SchemaMismatch, match="another delimiter or format"):
        scrubbed(data, format_name=format_name)


def test_field_of_the_row_rule_is_looked_for_as_well():
    rule = RowRule("country", equals="DE")

    with pytest.raises(SchemaMismatch, match="field country"):
        scrub(
            io.BytesIO(b"id;country\n1;DE\n"),
            None,
            rules=[],
            format="csv",
            options=ScrubOptions(drop_rows=rule),
        )


def test_right_delimiter_mends_it():
    output, _ = scrubbed(b"id;email\n1;x\n", csv=CsvOptions(delimiter=";"))

    assert output == b"id;email\n1;\n"


def test_name_within_another_is_fine_where_the_field_has_a_column():
    output, _ = scrubbed(b"email,email;other\nx,y\n")

    assert output == b"email,email;other\n,y\n"


def test_first_row_without_a_header_is_data():
    rules = [Rule("2", "blank")]
    sink = io.BytesIO()
    options = ScrubOptions(csv=CsvOptions(header=False))

    scrub(io.BytesIO(b"1,x\n2,y\n"), sink, rules=rules, format="csv", options=options)

    assert sink.getvalue() == b"1,\n2,\n"


@pytest.mark.parametrize("field", ["email", "0", "02"])
def test_rule_without_a_number_is_refused_where_there_is_no_header(field):
    options = ScrubOptions(csv=CsvOptions(header=False))

    with pytest.raises(PolicyError, match="no column number"):
        check_rules([Rule(field, "blank")], options, format="csv")

    check_rules([Rule("2", "blank")], options, format="tsv")
    check_rules([Rule(field, "blank")], options, format="auto")


@pytest.mark.parametrize(
    ("data", "nowhere"),
    [
        (b'{"email":"x"}\n{}\n', ()),
        (b'{"Email":"x"}\n', ("email",)),
        (b'[{"email":"x"}]\n', ("email",)),
        (b"\n", ()),
    ],
)
def test_field_that_no_row_of_json_has_is_told(data, nowhere):
    _, report = scrubbed(data, format_name="ndjson")

    assert report.fields_nowhere == nowhere
