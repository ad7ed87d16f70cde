"""Whole runs on stores in memory: what is written, what is erased, what the ledger says."""

from contextlib import suppress
from dataclasses import replace

import pytest

from tests.workflow.steps.story import PATH, POLICY, Story, row
from workflow.errors import (
    MalformedData,
    ObjectArchived,
    ObjectChanged,
    ObjectKeepsChanging,
    ServiceUnavailable,
    UnknownDataset,
    UnknownVersion,
    UnsupportedEncryption,
    VersionsNotKept,
)
from workflow.messages import ObjectPath
from workflow.steps.schedule_objects import Verdict
from workflow.transitions import Status

SECRET = "3b241101-e2bb-4255-8caf"
OTHER = "77777777-1111-4255-8caf"


def test_scrubs_in_place_and_erases_the_upload():
    story = Story()
    upload = story.upload(row(SECRET), tags={"team": "a"})

    ending = story.run(upload)

    entry = story.entry(upload)
    assert ending == "processed"
    assert story.bodies() == [row("")]
    assert story.lake.current(PATH).tags == {
        "team": "a",
        "processed": f"uploads@{story.policies['uploads'].digest}",
    }
    assert entry.status is Status.PROCESSED
    assert entry.erased_at is not None
    assert entry.report["rules"][0]["changed"] == 1
    assert entry.outcome.version_id == story.lake.current(PATH).version_id
    assert story.ledger.policies == {
        story.policies["uploads"].digest: story.policies["uploads"].canonical()
    }


def test_keeps_the_upload_where_the_policy_does_not_erase():
    story = Story(policy=POLICY.replace("erase_versions: true", "erase_versions: false"))
    upload = story.upload(row(SECRET))

    story.run(upload)

    assert story.bodies() == [row(SECRET), row("")]
    assert story.entry(upload).erased_at is None


def test_writes_nothing_where_no_byte_changes():
    story = Story()
    upload = story.upload(row(""), tags={"team": "a"})

    ending = story.run(upload)

    assert ending == "unchanged"
    assert story.lake.writes == 0
    assert story.bodies() == [row("")]
    assert story.lake.current(PATH).tags.keys() == {"team", "processed"}
    assert story.entry(upload).status is Status.UNCHANGED


def test_keeps_a_tag_that_somebody_added_during_the_scrub():
    story = Story()
    upload = story.upload(row(""), tags={"team": "a"})

    def tags_meanwhile(operation):
        if operation == "open":
            story.lake.current(PATH).tags["scan"] = "clean"

    story.lake.hook = tags_meanwhile

    story.run(upload)

    assert story.lake.current(PATH).tags.keys() == {"team", "scan", "processed"}


def test_only_counts_where_the_policy_observes():
    story = Story(policy=POLICY.replace("    scrub:", "    enforce: false\n    scrub:"))
    upload = story.upload(row(SECRET))

    ending = story.run(upload)

    assert ending == "observed"
    assert story.bodies() == [row(SECRET)]
    assert story.lake.current(PATH).tags == {}
    assert story.entry(upload).report["rules"][0]["changed"] == 1


def test_leaves_an_object_with_ten_tags_untagged():
    story = Story()
    upload = story.upload(row(SECRET), tags={f"t{number}": "x" for number in range(10)})

    story.run(upload)

    assert story.body() == row("")
    assert len(story.lake.current(PATH).tags) == 10
    assert story.entry(upload).outcome.tagged is False


def test_ends_superseded_and_erases_only_its_own_version():
    story = Story()
    first = story.upload(row(SECRET))
    second = story.upload(row(OTHER))
    third = story.upload(row("third"))

    assert story.run(first) == "superseded"
    assert story.bodies() == [row(OTHER), row("third")]
    assert story.run(second) == "superseded"
    assert story.bodies() == [row("third")]
    assert story.run(third) == "processed"
    assert story.bodies() == [row("")]


def test_keeps_a_superseded_version_where_the_policy_only_observes():
    story = Story(policy=POLICY.replace("    scrub:", "    enforce: false\n    scrub:"))
    first = story.upload(row(SECRET))
    story.upload(row(OTHER))

    assert story.run(first) == "superseded"
    assert story.bodies() == [row(SECRET), row(OTHER)]


def test_ends_gone_and_erases_what_a_delete_marker_hides():
    story = Story()
    upload = story.upload(row(SECRET))
    story.lake.delete(PATH)

    assert story.run(upload) == "gone"
    assert story.bodies() == []


def test_scrubs_again_when_what_superseded_it_is_deleted_before_the_erasure():
    story = Story()
    first = story.upload(row(SECRET))
    second = story.upload(row(OTHER))
    execution = story.execution(first)
    inspection = story.inspect(execution)
    story.lake.erase(PATH, second.version)

    ending = story.run(first)

    assert inspection.decision == "superseded"
    assert ending == "processed"
    assert story.bodies() == [row("")]


def test_scrubs_newer_data_that_lies_below_our_own_rewrite():
    story = Story()
    first = story.upload(row(SECRET))
    # S3 orders the second upload, which ran at the same time, below our rewrite of the first.
    story.run(first)
    ours = story.lake.keys[PATH.key].pop()
    second = story.upload(row(OTHER, newer=True))
    story.lake.keys[PATH.key].append(ours)

    ending = story.run(second)

    assert ending == "processed"
    assert story.body() == row("", newer=True)
    assert row(OTHER, newer=True) not in story.bodies()


def test_brings_newer_data_to_light_that_lies_below_our_own_rewrite_and_needs_no_change():
    story = Story()
    first = story.upload(row(SECRET))
    story.run(first)
    ours = story.lake.keys[PATH.key].pop()
    second = story.upload(row("", newer=True))
    story.lake.keys[PATH.key].append(ours)

    ending = story.run(second)

    assert ending == "processed"
    assert story.body() == row("", newer=True)
    assert story.run(second, attempt=2) == "processed"
    assert story.lake.writes == 2


def test_takes_the_output_of_the_newest_upload_for_no_older_ones():
    """The same bytes were uploaded again, and the first run announced what it never wrote."""
    story = Story()
    first = story.upload(row(SECRET))
    story.lake.hook = breaks_once("commit")
    execution = story.execution(first)
    inspection = story.inspect(execution)
    with pytest.raises(ServiceUnavailable):
        story.scrub(execution, inspection)
    second = story.upload(row(OTHER, older=True))
    third = story.upload(row(SECRET))
    story.run(third)

    ending = story.run(second)

    assert ending == "superseded"
    assert story.body() == row("")


def test_leaves_the_rewrite_of_a_newer_upload_in_place():
    story = Story()
    first = story.upload(row(SECRET))
    second = story.upload(row(OTHER, newer=True))
    story.run(second)

    ending = story.run(first)

    assert ending == "superseded"
    assert story.bodies() == [row("", newer=True)]


def test_rejects_a_malformed_object_and_leaves_it_as_it_was():
    story = Story()
    upload = story.upload(b'{"id": 1}\n{"id": \n')

    with pytest.raises(MalformedData, match="row 2"):
        story.run(upload)

    assert story.bodies() == [b'{"id": 1}\n{"id": \n']
    assert story.entry(upload).intent is None


def test_refuses_an_archived_object():
    story = Story()
    upload = story.upload(row(SECRET), storage_class="DEEP_ARCHIVE")

    with pytest.raises(ObjectArchived, match="DEEP_ARCHIVE"):
        story.run(upload)


def test_refuses_a_version_that_the_ledger_does_not_know():
    story = Story()
    upload = story.upload(row(SECRET))
    story.ledger.entries.clear()

    with pytest.raises(UnknownVersion):
        story.run(upload)


def test_refuses_a_key_that_left_the_policy():
    story = Story()
    upload = story.upload(row(SECRET))
    story.use_policy(POLICY.replace("dataset/", "elsewhere/"))

    with pytest.raises(UnknownDataset):
        story.run(upload)

    assert story.bodies() == [row(SECRET)]


@pytest.mark.parametrize("status", [Status.HELD, Status.CANCELLED])
def test_touches_nothing_that_an_operator_parked(status):
    story = Story()
    upload = story.upload(row(SECRET))
    entry = story.entry(upload)
    story.ledger.park(entry, replace(entry, status=status))

    ending = story.run(upload)

    assert ending == "held"
    assert story.bodies() == [row(SECRET)]
    assert story.entry(upload).status is status


def test_recognises_its_own_write_when_the_answer_was_lost():
    story = Story()
    upload = story.upload(row(SECRET))
    story.lake.after = breaks_once("commit")

    execution = story.execution(upload)
    inspection = story.inspect(execution)
    with pytest.raises(ServiceUnavailable):
        story.scrub(execution, inspection)
    ending = story.work(execution, inspection)

    assert ending == "processed"
    assert story.lake.writes == 1
    assert story.bodies() == [row("")]
    assert story.entry(upload).outcome.version_id == story.lake.current(PATH).version_id


def test_recognises_its_own_write_in_the_same_try():
    """botocore repeats a PUT whose answer was lost, and then meets its own object."""
    story = Story()
    upload = story.upload(row(SECRET))
    current = {}

    def lands_before_the_answer(operation):
        if operation == "commit" and not current:
            current["ours"] = story.lake.put(PATH, row(""))
            story.lake.writes += 1

    story.lake.hook = lands_before_the_answer

    ending = story.run(upload)

    assert ending == "processed"
    assert story.lake.writes == 1
    assert story.entry(upload).outcome.version_id == current["ours"].version_id


def test_takes_over_the_write_of_an_attempt_that_died():
    story = Story()
    upload = story.upload(row(SECRET))
    story.lake.after = breaks_once("commit")
    with pytest.raises(ServiceUnavailable):
        story.run(upload)

    ending = story.run(upload, attempt=2)

    assert ending == "processed"
    assert story.lake.writes == 1
    assert story.bodies() == [row("")]
    assert story.entry(upload).attempt == 2
    assert story.entry(upload).outcome is not None


def test_erases_after_a_redrive_what_a_failed_try_left():
    story = Story()
    upload = story.upload(row(SECRET))
    execution = story.execution(upload)
    inspection = story.inspect(execution)
    result = story.scrub(execution, inspection)
    entry = story.entry(upload)
    story.ledger.advance(entry, replace(entry, status=Status.FAILED))

    redriven = story.execution(upload, redrive=1)
    ending = story.erase(redriven, inspection, result.ending).ending

    assert ending is Status.PROCESSED
    assert story.bodies() == [row("")]
    assert story.entry(upload).status is Status.PROCESSED
    assert story.entry(upload).redrive == 1


def test_leaves_a_processed_object_alone_when_it_is_replayed():
    story = Story()
    upload = story.upload(row(SECRET))
    story.run(upload)

    ending = story.run(upload, attempt=2)

    assert ending == "processed"
    assert story.lake.writes == 1


def test_scrubs_its_own_output_again_under_a_stricter_policy():
    story = Story()
    upload = story.upload(row(SECRET, email="a@example.com"))
    story.run(upload)
    story.use_policy(POLICY + "      - field: email\n        action: blank\n")

    ending = story.run(upload, attempt=2)

    assert ending == "processed"
    assert story.bodies() == [row("", email="")]


def test_knows_its_first_output_when_a_second_write_is_refused():
    story = Story()
    upload = story.upload(row(SECRET, email="a@example.com"))
    story.run(upload)
    story.use_policy(POLICY + "      - field: email\n        action: blank\n")
    refused = []

    def conflicts_once(operation):
        if operation == "commit" and not refused:
            refused.append(operation)
            raise ObjectChanged("PutObject: ConditionalRequestConflict")

    story.lake.hook = conflicts_once

    ending = story.run(upload, attempt=2)

    assert ending == "processed"
    assert story.bodies() == [row("", email="")]


@pytest.mark.parametrize("lost", [False, True])
def test_writes_the_same_output_again_when_somebody_deleted_it(lost):
    story = Story(policy=POLICY.replace("erase_versions: true", "erase_versions: false"))
    upload = story.upload(row(SECRET))
    story.run(upload)
    story.lake.erase(PATH, story.entry(upload).outcome.version_id)
    story.lake.after = breaks_once("commit") if lost else story.lake.after

    execution = story.execution(upload, attempt=2)
    inspection = story.inspect(execution)
    with suppress(ServiceUnavailable):
        story.scrub(execution, inspection)
    ending = story.work(execution, inspection)

    assert ending == "processed"
    assert story.bodies() == [row(SECRET), row("")]
    assert story.entry(upload).outcome.version_id == story.lake.current(PATH).version_id


def test_counts_a_run_started_by_hand_with_a_copied_input_as_a_new_attempt():
    story = Story()
    upload = story.upload(b"not json\n")
    with pytest.raises(MalformedData):
        story.run(upload)
    rejected = story.entry(upload)
    story.ledger.advance(rejected, replace(rejected, status=Status.REJECTED))
    story.use_policy(POLICY.replace("uploads:", "mended:"))

    with pytest.raises(MalformedData):
        story.run(upload, arn="arn:by-hand")

    assert story.entry(upload).attempt == 2
    assert story.entry(upload).execution == "arn:by-hand"


def test_stops_when_another_attempt_takes_over():
    story = Story()
    upload = story.upload(row(SECRET))
    execution = story.execution(upload)
    inspection = story.inspect(execution)
    story.inspect(story.execution(upload, attempt=2))

    ending = None
    try:
        story.work(execution, inspection)
    except Exception as error:  # noqa: BLE001 - looked at below
        ending = type(error).__name__
    again = story.inspect(execution, inspection)

    assert ending == "ObjectChanged"
    assert again.decision == "held"
    assert story.lake.writes == 0


def test_gives_up_following_an_object_that_keeps_changing():
    story = Story()
    upload = story.upload(row(SECRET))
    execution = story.execution(upload)

    inspection = None
    for _ in range(5):
        inspection = story.inspect(execution, inspection)

    with pytest.raises(ObjectKeepsChanging):
        story.inspect(execution, inspection)
    assert story.inspect(story.execution(upload, redrive=1), inspection).rounds == 1


def test_scrubs_the_same_bytes_again_in_a_bucket_without_versions():
    story = Story(versioned=False)
    first = story.upload(row(SECRET))
    story.run(first)
    second = story.upload(row(SECRET))

    ending = story.run(second)

    assert ending == "processed"
    assert story.lake.writes == 2
    assert story.bodies() == [row("")]


def test_leaves_the_same_bytes_to_the_newer_timer_in_a_bucket_without_versions():
    story = Story(versioned=False)
    first = story.upload(row(SECRET))
    second = story.upload(row(SECRET))

    assert story.run(first) == "superseded"
    assert story.bodies() == [row(SECRET)]
    assert story.run(second) == "processed"
    assert story.bodies() == [row("")]


def test_rewrites_nothing_for_good_where_versions_are_needed():
    story = Story(versioned=False)
    upload = story.upload(row(SECRET))

    with pytest.raises(VersionsNotKept, match="allow_unversioned is not set"):
        story.inspect(story.execution(upload), versions_needed=True)

    assert story.bodies() == [row(SECRET)]


def test_rewrites_an_upload_from_before_versioning_where_versions_are_needed():
    story = Story(versioned=False)
    upload = story.upload(row(SECRET))
    story.lake.versioned = True

    found = story.inspect(story.execution(upload), versions_needed=True)

    assert found.decision == "scrub"


def test_rewrites_nothing_for_good_where_versioning_ended_after_the_inspection():
    story = Story(versioned=False)
    upload = story.upload(row(SECRET))
    story.lake.versioned = True
    execution = story.execution(upload)
    inspection = story.inspect(execution, versions_needed=True)
    story.lake.versioned = False

    with pytest.raises(VersionsNotKept):
        story.scrub(execution, inspection, versions_needed=True)

    assert story.bodies() == [row(SECRET)]


def test_needs_no_versions_where_nothing_is_written():
    story = Story(versioned=False, policy=POLICY.replace("after: 5m", "enforce: false"))
    upload = story.upload(row(SECRET))
    execution = story.execution(upload)

    found = story.inspect(execution, versions_needed=True)

    assert found.decision == "scrub"
    assert story.scrub(execution, found, versions_needed=True).ending == "observed"


def test_erases_the_null_version_where_versioning_was_switched_on_later():
    story = Story(versioned=False)
    upload = story.upload(row(SECRET))
    story.lake.versioned = True
    story.lake.keys[PATH.key][0].version_id = "null"
    execution = story.execution(upload)
    inspection = story.inspect(execution)

    ending = story.work(execution, inspection)

    assert ending == "processed"
    assert story.lake.erased == ["null"]


def uploaded_before_versioning(story, body=None):
    """Upload while no versions are kept, then switch them on."""
    story.lake.versioned = False
    upload = story.upload(body or row(SECRET))
    story.lake.versioned = True
    story.lake.keys[PATH.key][0].version_id = "null"
    return upload


@pytest.mark.parametrize("ending", ["superseded", "gone"])
def test_erases_the_null_version_below_what_came_after_versioning(ending):
    story = Story()
    upload = uploaded_before_versioning(story)
    if ending == "gone":
        story.lake.delete(PATH)
    else:
        story.upload(row(OTHER))

    assert story.run(upload) == ending
    assert row(SECRET) not in story.bodies()
    assert story.entry(upload).erased_at is not None


def test_keeps_another_upload_that_took_the_null_version_over():
    story = Story()
    upload = uploaded_before_versioning(story)
    execution = story.execution(upload)
    inspection = story.inspect(execution)
    ending = story.scrub(execution, inspection).ending
    # Versioning is suspended again: the next upload replaces the null version.
    story.lake.keys[PATH.key].pop(0)
    newer = story.lake.put(PATH, row(OTHER))
    newer.version_id, newer.stored = "null", replace(newer.stored, version_id=None)

    story.erase(execution, inspection, ending)

    assert story.body() == row(OTHER)


def test_rejects_rather_than_keeps_a_version_when_its_dataset_left_the_policy_meanwhile():
    story = Story()
    upload = story.upload(row(SECRET))
    execution = story.execution(upload)
    inspection = story.inspect(execution)
    ending = story.scrub(execution, inspection).ending
    story.use_policy(POLICY.replace("dataset/", "elsewhere/"))

    with pytest.raises(UnknownDataset):
        story.erase(execution, inspection, ending)

    assert story.entry(upload).status is Status.RUNNING


def test_erases_a_replaced_rewrite_although_the_upload_is_locked():
    story = Story()
    upload = story.upload(row(SECRET, email="a@example.com"), legal_hold=True)
    story.run(upload)
    story.use_policy(POLICY + "      - field: email\n        action: blank\n")

    story.run(upload, attempt=2)

    assert story.bodies() == [row(SECRET, email="a@example.com"), row("", email="")]
    assert story.entry(upload).erase_blocked_until is not None


def test_erases_at_last_a_rewrite_that_an_attempt_in_between_could_not():
    story = Story()
    upload = story.upload(row(SECRET, email="a@example.com", card="4111"))
    story.run(upload)
    stricter = POLICY + "      - field: email\n        action: blank\n"
    story.use_policy(stricter)
    story.lake.hook = breaks_once("erase")
    with pytest.raises(ServiceUnavailable):
        story.run(upload, attempt=2)
    story.use_policy(stricter + "      - field: card\n        action: blank\n")

    story.run(upload, attempt=3)

    assert story.bodies() == [row("", email="", card="")]
    assert story.entry(upload).replaced == ()


def test_remembers_a_lock_instead_of_erasing():
    story = Story()
    upload = story.upload(row(SECRET), legal_hold=True)

    ending = story.run(upload)

    assert ending == "processed"
    assert story.body() == row("")
    assert story.entry(upload).erased_at is None
    assert story.entry(upload).erase_blocked_until is not None


class TestSchedulesUploads:
    def test_gives_each_upload_an_entry_and_a_timer(self):
        story = Story()

        upload = story.upload(row(SECRET))

        timer = story.schedule.timers[str(PATH), upload.version]
        assert story.entry(upload).status is Status.PENDING
        assert (timer.due_at - upload.uploaded_at).total_seconds() == 300

    def test_schedules_a_repeated_notification_once(self):
        story = Story()
        upload = story.upload(row(SECRET))
        before = dict(story.ledger.entries)

        verdicts = [story.deliver(upload).verdict for _ in range(3)]

        assert verdicts == [Verdict.ALREADY_SCHEDULED] * 3
        assert story.ledger.entries == before
        assert len(story.schedule.timers) == 1

    def test_sets_no_second_timer_once_the_run_has_ended(self):
        story = Story()
        upload = story.upload(row(SECRET))
        story.run(upload)
        story.schedule.timers.clear()

        verdict = story.deliver(upload).verdict

        assert verdict is Verdict.ALREADY_SCHEDULED
        assert story.schedule.timers == {}

    def test_sets_the_timer_that_an_earlier_delivery_could_not(self):
        story = Story()
        story.schedule.hook = breaks_once("set")
        version = story.lake.put(PATH, row(SECRET))
        with pytest.raises(ServiceUnavailable):
            story.notify(version)

        upload = story.notify(version)

        assert story.schedule.timers.keys() == {(str(PATH), upload.version)}

    @pytest.mark.parametrize("lost", [False, True])
    @pytest.mark.parametrize("versioned", [False, True])
    def test_passes_over_the_notification_of_our_own_write(self, lost, versioned):
        story = Story(versioned=versioned)
        upload = story.upload(row(SECRET))
        story.run(upload)
        if lost:
            key = (str(PATH), upload.version)
            story.ledger.entries[key] = replace(story.ledger.entries[key], outcome=None)
        timers = dict(story.schedule.timers)

        story.notify(story.lake.current(PATH))

        assert len(story.ledger.entries) == 1
        assert story.schedule.timers == timers

    def test_schedules_the_same_bytes_again_once_the_policy_has_changed(self):
        story = Story(versioned=False)
        story.run(story.upload(row(SECRET, email="a@example.com")))
        story.use_policy(POLICY + "      - field: email\n        action: blank\n")

        again = story.upload(row("", email="a@example.com"))

        assert story.entry(again).status is Status.PENDING
        assert story.run(again) == "processed"
        assert story.body() == row("", email="")

    def test_schedules_what_cannot_be_read_so_that_its_run_can_say_so(self):
        story = Story(versioned=False)
        upload = story.upload(row(SECRET))
        story.run(upload)
        key = (str(PATH), upload.version)
        story.ledger.entries[key] = replace(story.ledger.entries[key], outcome=None)

        def wants_a_key(operation):
            if operation == "head":
                raise UnsupportedEncryption("SSE-C")

        story.lake.hook = wants_a_key

        again = story.upload(row(""))

        assert story.entry(again).status is Status.PENDING

    def test_schedules_an_upload_that_only_pretends_to_be_processed(self):
        story = Story()
        digest = story.policies["uploads"].digest

        upload = story.upload(row(SECRET), tags={"processed": f"uploads@{digest}"})

        assert story.entry(upload).status is Status.PENDING

    @pytest.mark.parametrize(
        ("key", "body", "verdict"),
        [
            ("elsewhere/a.json", b"x", Verdict.OUTSIDE_DATASETS),
            ("dataset", b"x", Verdict.OUTSIDE_DATASETS),
            ("dataset/empty.json", b"", Verdict.EMPTY),
            ("dataset/folder/", b"", Verdict.EMPTY),
        ],
    )
    def test_ignores_what_no_dataset_wants(self, key, body, verdict):
        story = Story()
        path = ObjectPath("lake", key)
        upload = story.upload(body, path=path)

        assert story.deliver(upload).verdict is verdict
        assert story.ledger.entries == {}
        assert story.schedule.timers == {}

    def test_schedules_what_only_looks_like_a_folder(self):
        story = Story()

        upload = story.upload(row(SECRET), path=ObjectPath("lake", "dataset/folder/"))

        assert story.entry(upload).status is Status.PENDING

    def test_schedules_even_where_the_catalog_cannot_be_checked(self):
        story = Story()
        story.catalog.hook = breaks_once("table")

        upload = story.upload(row(SECRET))

        assert story.schedule.timers.keys() == {(str(PATH), upload.version)}

    def test_asks_the_catalog_once_for_a_notification_that_is_repeated(self):
        story = Story()
        upload = story.upload(row(SECRET))

        story.deliver(upload)

        assert story.catalog.crawls_started == 1

    def test_starts_the_crawler_for_the_first_object_of_a_table(self):
        story = Story()

        story.upload(row(SECRET))

        assert story.catalog.crawls_started == 1


def breaks_once(operation):
    """Give a hook that fails the first call of an operation."""
    broken = []

    def hook(called):
        if called == operation and not broken:
            broken.append(called)
            raise ServiceUnavailable(operation)

    return hook
