import io

import pytest

from workflow.errors import PolicyError, UsageError
from workflow.scrub import RowRule, Rule, ScrubOptions, SecretKey, check_rules, scrub


def rules(*fields):
    return [Rule(field, "blank") for field in fields]


@pytest.mark.parametrize(
    ("fields", "positions"),
    [
        (("a", "b", "a"), (0, 2)),
        (("a.b", "a"), (0, 1)),
        (("x", "a[*]", "a[*].b.c"), (1, 2)),
        (("'a'.b", "a.'b'"), (0, 1)),
    ],
)
def test_rules_that_overlap_are_named(fields, positions):
    with pytest.raises(PolicyError, match="same or a nested value") as caught:
        check_rules(rules(*fields))

    assert caught.value.positions == positions


def test_case_matters_unless_it_is_ignored():
    check_rules(rules("Email", "email"))

    with pytest.raises(PolicyError):
        check_rules(rules("Email", "email"), ScrubOptions(ignore_case=True))


@pytest.mark.parametrize("tested", ["a", "a.b", "a[*]"])
def test_row_rule_must_not_test_what_a_rule_writes(tested):
    options = ScrubOptions(drop_rows=RowRule(tested, equals=1))

    with pytest.raises(PolicyError, match="drop_rows") as caught:
        check_rules(rules("x", "a"), options)

    assert caught.value.positions == (1,)


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_delimited_files_have_columns_only_and_keep_them(name):
    with pytest.raises(PolicyError, match="reshape"):
        check_rules([Rule("a", "drop")], format=name)
    with pytest.raises(PolicyError, match="columns only"):
        check_rules(rules("a.b"), format=name)

    check_rules([Rule("a", "drop")], ScrubOptions(reshape=True), format=name)
    check_rules([Rule("a.b", "drop")], format="ndjson")


@pytest.mark.parametrize(
    "make",
    [
        lambda: RowRule("a"),
        lambda: RowRule("a", equals=1, is_null=True),
        lambda: RowRule("a", matches="(a)\\1"),
        lambda: RowRule("a", matches=""),
        lambda: RowRule("a[0]", equals=1),
        lambda: Rule("a", "blank", missing="sometimes"),
        lambda: SecretKey("a b", b"0123456789abcdef"),
        lambda: SecretKey("a", b"short"),
    ],
)
def test_what_makes_no_sense_cannot_be_built(make):
    with pytest.raises(PolicyError):
        make()


def test_keyed_action_needs_its_key():
    with pytest.raises(UsageError, match="needs a key"):
        scrub(None, None, rules=[Rule("a", "hash")], format="ndjson")


def test_secret_is_not_shown():
    assert "0123456789" not in repr(ScrubOptions(key=SecretKey("k", b"0123456789abcdef")))


def test_rules_are_values():
    assert Rule("a", "mask", {"keep_last": 4}) == Rule("a", "mask", {"keep_last": 4})
    assert len({Rule("a", "blank"), Rule("a", "blank"), Rule("b", "blank")}) == 2


def test_selector_of_too_many_steps_is_refused():
    with pytest.raises(PolicyError, match="has more than 200 steps"):
        Rule(".".join(["a"] * 201), "blank")


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("step", ["a", "[*]"])
def test_selector_of_as_many_steps_as_there_may_be_selects(native, step):
    shell = {"a": ('{"a":', "}"), "[*]": ("[", "]")}[step]
    row = '{"b":1,"a":' + shell[0] * 199 + '"x"' + shell[1] * 199 + "}\n"
    field = "a" + (f".{step}" if step == "a" else step) * 199
    sink = io.BytesIO()

    report = scrub(
        io.BytesIO(row.encode() * 3),
        sink,
        rules=[Rule(field, "mask"), Rule("b", "blank")],
        format="ndjson",
        native=native,
    )

    assert report.rules[0].changed == 3
    assert sink.getvalue() == row.replace('"x"', '"*"').replace('"b":1', '"b":null').encode() * 3


@pytest.mark.parametrize(
    "rules",
    [
        [Rule("a", "blank"), Rule("a.b", "blank")],
        [Rule("a.b", "blank"), Rule("a", "drop")],
        [Rule("a[*]", "blank"), Rule("a", "null")],
        [Rule("a", "blank"), Rule("a", "null")],
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_overlapping_rules_are_refused_by_scrub_too(rules, native):
    data = b'{"a":{"b":"secret-secret-secret","c":1},"z":1}\n'

    with pytest.raises(PolicyError, match="the same or a nested value"):
        scrub(io.BytesIO(data), None, rules=rules, format="ndjson", native=native)


def test_row_rule_on_a_written_field_is_refused_by_scrub_too():
    options = ScrubOptions(drop_rows=RowRule("a.b", equals=1))

    with pytest.raises(PolicyError, match="drop_rows tests"):
        scrub(io.BytesIO(b"{}"), None, rules=[Rule("a", "blank")], options=options, name="x.jsonl")


@pytest.mark.parametrize("options", [{"with": "\udc00"}, {"own": ["\udc00"]}])
def test_sign_and_patterns_of_redact_are_text(options):
    with pytest.raises(PolicyError, match="redact"):
        Rule("a", "redact", options).build_action()
