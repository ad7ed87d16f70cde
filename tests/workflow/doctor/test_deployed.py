from dataclasses import replace

import pytest

from tests.workflow.doctor.conftest import given
from workflow.doctor.deployed import (
    Crawler,
    Deployed,
    Expiry,
    Mapped,
    UploadRule,
    check_deployed,
)
from workflow.doctor.findings import Severity, Unread
from workflow.doctor.lake_formation import Governance

CRAWLER_ROLE = "arn:aws:iam::111122223333:role/crawler"
CHECKER = "arn:aws:iam::111122223333:role/checker"
BY_IAM = {"IAM_ALLOWED_PRINCIPALS": frozenset({"ALL"})}
OPEN = Governance(
    database="db",
    on_database=BY_IAM,
    on_tables={},
    crawler_role=CRAWLER_ROLE,
    table_roles=(CHECKER,),
)
PATHS = ("s3://lake/dataset/", "s3://lake/mail/2026/")
PATTERN = {
    "source": ["aws.s3"],
    "detail-type": ["Object Created"],
    "detail": {"bucket": {"name": ["lake"]}},
}
GOOD = Deployed(
    name="lakescrub-x",
    bucket="lake",
    status="UPDATE_COMPLETE",
    crawler_name="crawler",
    crawler=Crawler("SUCCEEDED", "SCHEDULED", PATHS),
    table="schedule",
    expiry=Expiry("ENABLED", "ttl"),
    sources={"start_runs": (Mapped("u-1", "Enabled"),)},
    rules={"rule": UploadRule("ENABLED", PATTERN)},
    governance=OPEN,
)


def found(expected, name, **changes):
    findings = check_deployed(replace(GOOD, **changes), expected)
    return [each for each in findings if each.check == name]


def only(expected, name, **changes):
    (finding,) = found(expected, name, **changes)
    return finding


def test_a_stack_that_works_has_nothing_to_mend(expected):
    assert {each.severity for each in check_deployed(GOOD, expected)} == {Severity.OK}


@pytest.mark.parametrize("setting", ["status", "crawler", "expiry", "rules", "governance"])
def test_what_cannot_be_read_is_unknown(expected, setting):
    findings = list(check_deployed(replace(GOOD, **{setting: Unread("why")}), expected))

    assert [each.what for each in findings if each.severity is Severity.UNKNOWN] == [
        "not checked: why"
    ]


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        ("CREATE_COMPLETE", Severity.OK),
        ("UPDATE_ROLLBACK_COMPLETE", Severity.OK),
        ("UPDATE_IN_PROGRESS", Severity.WARNING),
        ("UPDATE_ROLLBACK_FAILED", Severity.PROBLEM),
        ("DELETE_FAILED", Severity.PROBLEM),
    ],
)
def test_a_stack_has_to_stand(expected, status, severity):
    assert only(expected, "stack", status=status).severity is severity


def test_the_rule_for_uploads_has_to_be_there_and_on(expected):
    off = only(expected, "upload rule", rules={"r": UploadRule("DISABLED", PATTERN)})
    gone = only(expected, "upload rule", rules={})

    assert off.commands == ("aws events enable-rule --name r",)
    assert (gone.severity, gone.hint) == (Severity.PROBLEM, "deploy the stack again")


@pytest.mark.parametrize(
    "narrower",
    [
        {"detail": {"bucket": {"name": ["lake"]}, "object": {"key": [{"prefix": "a"}]}}},
        {"detail": {"bucket": {"name": ["lake"]}, "reason": ["PutObject"]}},
        {"detail-type": ["Object Deleted"]},
        {"region": ["eu-west-1"]},
    ],
)
def test_a_rule_for_some_uploads_is_none_for_all(expected, narrower):
    rules = {"r": UploadRule("ENABLED", {**PATTERN, **narrower})}

    finding = only(expected, "upload rule", rules=rules)

    assert (finding.severity, finding.hint) == (Severity.PROBLEM, "deploy the stack again")
    assert "not every upload" in finding.what


def test_a_rule_for_some_uploads_does_no_harm_beside_the_one_for_all(expected):
    some = UploadRule("DISABLED", {**PATTERN, "region": ["eu-west-1"]})
    wide = {**PATTERN, "detail-type": ["Object Tags Added", "Object Created"]}
    rules = {"r": some, "all": UploadRule("ENABLED", wide)}

    assert only(expected, "upload rule", rules=rules).severity is Severity.OK


def test_the_stacks_own_lake_needs_no_rule(expected):
    assert found(replace(expected, existing=False), "upload rule", rules={}) == []


def test_event_sources_have_to_be_there_and_on(expected):
    check = "source of start_runs"
    off = only(expected, check, sources={"start_runs": (Mapped("u", "Disabled"),)})
    gone = only(expected, check, sources={"start_runs": ()})

    assert off.commands == ("aws lambda update-event-source-mapping --uuid u --enabled",)
    assert gone.severity is Severity.PROBLEM


def test_the_timer_expires_by_its_attribute(expected):
    off = only(expected, "timer", expiry=Expiry("DISABLED", None))
    wrong = only(expected, "timer", expiry=Expiry("ENABLED", "expires"))
    gone = only(expected, "timer", expiry=None)

    assert given(off, "time-to-live-specification") == "Enabled=true,AttributeName=ttl"
    first = given(wrong, "time-to-live-specification")
    second = given(wrong, "time-to-live-specification", command=1)
    assert (first, second) == (
        "Enabled=false,AttributeName=expires",
        "Enabled=true,AttributeName=ttl",
    )
    assert gone.commands == ()


def test_the_crawler_has_to_be_there_and_to_work(expected):
    gone = only(expected, "crawler", crawler=None)
    failed = only(expected, "crawler", crawler=Crawler("FAILED", "SCHEDULED", PATHS))
    paused = only(expected, "crawler", crawler=Crawler(None, "NOT_SCHEDULED", PATHS))
    older = only(expected, "crawler", crawler=Crawler(None, "SCHEDULED", PATHS[:1]))

    assert gone.severity is Severity.PROBLEM
    look, again = failed.commands
    assert look.startswith("aws logs get-log-events --log-group-name /aws-glue/crawlers ")
    assert again == "aws glue start-crawler --name crawler"
    assert paused.severity is Severity.WARNING
    assert "mail/2026/" in older.what


def test_lake_formation_that_leaves_it_to_iam_needs_no_grant(expected):
    assert only(expected, "Lake Formation").severity is Severity.OK


def test_lake_formation_that_governs_has_to_grant(expected):
    closed = replace(OPEN, on_database={})

    crawler, tables = found(expected, "Lake Formation", governance=closed)

    assert given(crawler, "principal") == f"DataLakePrincipalIdentifier={CRAWLER_ROLE}"
    assert given(crawler, "resource") == {"Database": {"Name": "db"}}
    assert given(tables, "resource") == {"Table": {"DatabaseName": "db", "TableWildcard": {}}}


def test_grants_of_lake_formation_are_enough(expected):
    granted = replace(
        OPEN,
        on_database={CRAWLER_ROLE: frozenset({"ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"})},
        on_tables={"IAM_ALLOWED_PRINCIPALS": frozenset({"ALL"})},
    )

    finding = only(expected, "Lake Formation", governance=granted)

    assert finding.severity is Severity.OK


def test_a_registered_location_has_to_be_open_to_the_crawler(expected):
    registered = replace(OPEN, locations={"arn:aws:s3:::lake": frozenset()})
    open_ = replace(OPEN, locations={"arn:aws:s3:::lake": frozenset({CRAWLER_ROLE})})

    finding = only(expected, "Lake Formation", governance=registered)

    assert given(finding, "resource") == {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake"}}
    assert given(finding, "permissions") == "DATA_LOCATION_ACCESS"
    assert only(expected, "Lake Formation", governance=open_).severity is Severity.OK


@pytest.mark.parametrize(
    ("folder", "wanted"),
    [("", 1), ("/", 1), ("/data", 1), ("/dataset/part", 1), ("/mail", 1), ("/other", 0)],
)
def test_a_registered_location_matters_where_datasets_are(expected, folder, wanted):
    registered = replace(OPEN, locations={f"arn:aws:s3:::lake{folder}": frozenset()})

    findings = found(expected, "Lake Formation", governance=registered)

    assert [each.severity for each in findings].count(Severity.PROBLEM) == wanted
