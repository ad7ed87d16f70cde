from workflow.doctor.advice import advice
from workflow.doctor.findings import Finding, Severity


def finding(what, *commands, hint=None):
    return Finding("check", Severity.PROBLEM, what, commands, hint)


def test_gives_each_command_once_below_all_that_it_mends():
    findings = [
        finding("one", "aws a", "aws b"),
        finding("two"),
        finding("three", "aws a", "aws b"),
    ]

    assert list(advice(findings)) == ["", "# check: one", "# check: three", "aws a", "aws b"]


def test_gives_a_hint_where_no_command_mends():
    assert list(advice([finding("one", hint="do it")])) == ["", "# check: one", "# do it"]


def test_commands_go_where_the_examination_went():
    findings = [finding("one", "aws a --key 'aws b'"), finding("two", "aws c", hint="do it")]

    there = [each.at("http://127.0.0.1:1/a b") for each in findings]

    assert [each.commands for each in there] == [
        ("aws --endpoint-url 'http://127.0.0.1:1/a b' a --key 'aws b'",),
        ("aws --endpoint-url 'http://127.0.0.1:1/a b' c",),
    ]


def test_a_name_with_a_newline_stays_inside_its_comment():
    evil = "rule 'a\nrm -rf ~\u2028echo' archives"

    lines = "\n".join(advice([finding(evil, "aws a", hint="see\nls")])).split("\n")

    assert lines == ["", "# check: rule 'a rm -rf ~ echo' archives", "# see ls", "aws a"]
