from datetime import UTC, datetime

import pytest

from tests.workflow.doctor.conftest import given
from workflow.doctor.findings import Severity
from workflow.doctor.lifecycle import Lifecycle, check_lifecycle
from workflow.policy import load_policies

OPTION = "lifecycle-configuration"
ABORT = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 15}}
BACKSTOP = {"NoncurrentVersionExpiration": {"NoncurrentDays": 31}}


def rule(name="r", prefix="", **actions):
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, **actions}


GOOD = rule("good", **ABORT, **BACKSTOP)


def check(policies, *rules, keeps_versions=True, minimum_size=None):
    lifecycle = Lifecycle(rules, minimum_size)
    return list(
        check_lifecycle(lifecycle, bucket="lake", policies=policies, keeps_versions=keeps_versions)
    )


def problems(found):
    return [each for each in found if each.severity is Severity.PROBLEM]


def mended(policies, *rules, **settings):
    """Give the rules of the one command that mends everything."""
    found = problems(check(policies, *rules, **settings))
    (command,) = {each.commands for each in found}
    assert len(command) == 1
    rules_then = given(found[0], OPTION)["Rules"]
    assert problems(check(policies, *rules_then, **settings)) == []
    return rules_then


def test_is_content_with_rules_that_clean_up_behind_the_runs(policies):
    (finding,) = check(policies, GOOD)

    assert finding.severity is Severity.OK


def test_adds_one_rule_for_each_dataset_that_lacks_something(policies):
    theirs = rule("theirs", "reports/", Expiration={"Days": 90})

    rules = mended(policies, theirs)

    assert rules[0] == theirs
    assert rules[1:] == [
        rule("lakescrub-uploads", "dataset/", **ABORT, **BACKSTOP),
        rule("lakescrub-mail", "mail/2026/", **ABORT),
    ]


@pytest.mark.parametrize(
    "partial",
    [
        {"Status": "Disabled"},
        {"Filter": {"Prefix": "dataset/a"}},
        {"Filter": {"Tag": {"Key": "a", "Value": "b"}}},
        {"Filter": {"ObjectSizeGreaterThan": 5}},
        {"Filter": {"And": {"Prefix": "", "ObjectSizeLessThan": 5}}},
    ],
)
def test_a_rule_about_some_objects_is_none_for_the_dataset(policies, partial):
    found = problems(check(policies, {**GOOD, **partial}))

    assert [each.what for each in found] == [
        "nothing drops incomplete uploads under dataset/, mail/2026/",
        "nothing expires noncurrent versions, should a run fail, under dataset/",
    ]


@pytest.mark.parametrize(
    "filtered", [{"Filter": {}}, {"Prefix": ""}, {"Filter": {"And": {"Prefix": ""}}}]
)
def test_knows_every_way_to_write_a_rule_about_everything(policies, filtered):
    written = {name: part for name, part in GOOD.items() if name != "Filter"}

    assert problems(check(policies, {**written, **filtered})) == []


def test_versions_that_are_kept_by_number_are_no_backstop(policies):
    keeping = {"NoncurrentVersionExpiration": {"NoncurrentDays": 31, "NewerNoncurrentVersions": 2}}

    (finding,) = problems(check(policies, rule(**ABORT, **keeping)))

    assert finding.what.startswith("nothing expires noncurrent versions")


def test_wants_no_backstop_where_no_versions_are_kept(policies):
    assert problems(check(policies, rule(**ABORT), keeps_versions=False)) == []


def test_gives_redrive_the_time_that_it_has(policies):
    early = rule("early", "data", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1})

    rules = mended(policies, GOOD, early)

    assert rules == [GOOD, {**early, **ABORT}]


def test_lets_archiving_wait_for_the_runs(policies):
    cold = rule("cold", Transitions=[{"Days": 30, "StorageClass": "GLACIER"}])

    rules = mended(policies, GOOD, cold)

    # 30 days and 15 minutes are 31 days, and as many again are kept free.
    assert rules[1]["Transitions"] == [{"Days": 61, "StorageClass": "GLACIER"}]


def test_keeps_transitions_in_an_order_that_s3_takes(policies):
    moves = [
        {"Days": 30, "StorageClass": "STANDARD_IA"},
        {"Days": 40, "StorageClass": "GLACIER"},
        {"Days": 140, "StorageClass": "DEEP_ARCHIVE"},
    ]

    rules = mended(policies, GOOD, rule("cold", Transitions=moves, Expiration={"Days": 150}))

    assert rules[1]["Transitions"] == [
        {"Days": 30, "StorageClass": "STANDARD_IA"},
        {"Days": 61, "StorageClass": "GLACIER"},
    ]


def test_takes_out_a_rule_that_archives_by_date_and_does_nothing_else(policies):
    date = datetime(2026, 1, 1, tzinfo=UTC)
    cold = rule("cold", Transitions=[{"Date": date, "StorageClass": "GLACIER"}])

    assert mended(policies, GOOD, cold) == [GOOD]


@pytest.mark.parametrize("kind", ["STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"])
def test_minds_no_class_that_can_be_read(policies, kind):
    moving = rule("move", Transitions=[{"Days": 0, "StorageClass": kind}])

    assert problems(check(policies, GOOD, moving)) == []


TIERED = rule("tiers", Transitions=[{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}])


@pytest.mark.parametrize(("after", "warnings"), [("30d", 0), ("120d", 1)])
def test_warns_of_tiers_that_may_archive_before_a_run(policies, after, warnings):
    text = f"""
version: 1
datasets:
  d: {{prefix: d/, after: {after}, erase_versions: false, scrub: [{{field: a, action: blank}}]}}
"""

    found = check(load_policies(text), GOOD, TIERED)

    told = [each for each in found if each.severity is Severity.WARNING]
    assert len(told) == warnings
    assert all("Intelligent-Tiering" in each.what for each in told)


def test_minds_no_archive_that_comes_late_enough_or_elsewhere(policies):
    late = rule("late", Transitions=[{"Days": 90, "StorageClass": "GLACIER"}])
    elsewhere = rule("x", "mail/2025/", Transitions=[{"Days": 0, "StorageClass": "GLACIER"}])

    assert problems(check(policies, GOOD, late, elsewhere)) == []


@pytest.mark.parametrize(
    ("expiration", "told"),
    [
        ({"Days": 1}, "before they are due"),
        ({"Days": 400}, "400 days after the last write, and a rewrite is one"),
        ({"Date": datetime(2026, 1, 1, tzinfo=UTC)}, "before they are due"),
    ],
)
def test_warns_of_rules_that_expire_what_is_scrubbed(policies, expiration, told):
    (finding,) = check(policies, GOOD, rule("gone", "dataset/", Expiration=expiration))

    assert finding.severity is Severity.WARNING
    assert told in finding.what


def test_minds_no_rule_that_expires_delete_markers(policies):
    markers = rule("markers", Expiration={"ExpiredObjectDeleteMarker": True})

    assert [each.severity for each in check(policies, GOOD, markers)] == [Severity.OK]


def test_writes_dates_and_the_size_from_which_objects_move_as_they_were(policies):
    dated = rule("dated", "x/", Expiration={"Date": datetime(2027, 1, 1, tzinfo=UTC)})

    found = problems(check(policies, dated, minimum_size="varies_by_storage_class"))

    rules = given(found[0], OPTION)["Rules"]
    assert rules[0]["Expiration"] == {"Date": "2027-01-01T00:00:00+00:00"}
    size = given(found[0], "transition-default-minimum-object-size")
    assert size == "varies_by_storage_class"


def test_writes_rules_of_the_old_form_in_the_new_one_since_s3_takes_no_mix(policies):
    old = {"ID": "old", "Status": "Enabled", "Prefix": "x/", "Expiration": {"Days": 9}}

    first, *added = mended(policies, old)

    assert first == rule("old", "x/", Expiration={"Days": 9})
    assert all("Filter" in each for each in added)


def test_tells_which_rules_lose_what_archives(policies):
    dated = {"Date": datetime(2026, 1, 1, tzinfo=UTC), "StorageClass": "GLACIER"}
    late = {"Days": 1, "StorageClass": "GLACIER"}
    rules = [
        rule("dated", Transitions=[dated]),
        rule("ends", Transitions=[late], Expiration={"Days": 50}),
        rule("moved", Transitions=[late]),
    ]

    found = problems(check(policies, GOOD, *rules))

    hints = {each.hint for each in found}
    assert hints == {
        "the command takes out what archives by rule 'dated', rule 'ends', for all their objects"
    }


def test_warns_of_versions_that_stay_long_after_a_run_that_failed(policies):
    backstop = {"NoncurrentVersionExpiration": {"NoncurrentDays": 3650}}

    (finding,) = check(policies, rule(**ABORT, **backstop))

    assert finding.severity is Severity.WARNING
    assert finding.what == (
        "should a run fail, noncurrent versions stay for 3650 days under dataset/"
    )


def test_the_first_rule_that_expires_versions_is_the_one_that_counts(policies):
    slow = rule("slow", NoncurrentVersionExpiration={"NoncurrentDays": 3650})

    assert [each.severity for each in check(policies, GOOD, slow)] == [Severity.OK]


def test_gives_a_new_rule_a_name_that_is_free(policies):
    taken = rule("lakescrub-uploads", "x/", Expiration={"Days": 1})

    names = [each["ID"] for each in mended(policies, taken)]

    assert names == ["lakescrub-uploads", "lakescrub-uploads-2", "lakescrub-mail"]


def test_names_a_rule_without_an_id(policies):
    nameless = {"Status": "Enabled", "Prefix": "dataset/", "Expiration": {"Days": 9}}

    (finding,) = check(policies, GOOD, nameless)

    assert finding.what.startswith("a rule without an ID expires")


def test_prints_a_long_list_of_rules_by_way_of_standard_input(policies):
    many = [rule(f"{n:0>200}", f"x/{n}/", Expiration={"Days": 9}) for n in range(990)]

    rules = mended(policies, *many)

    assert rules[:990] == many


def test_says_when_s3_takes_no_rule_more(policies):
    many = [rule(f"n{n}", f"x/{n}/", Expiration={"Days": 9}) for n in range(1000)]

    found = problems(check(policies, *many))

    assert {each.commands for each in found} == {()}
    assert {each.hint for each in found} == {"S3 takes 1000 rules: remove some first"}
