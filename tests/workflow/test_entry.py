from dataclasses import replace
from datetime import UTC, datetime

from workflow.entry import Checksum, Entry, Failure, Intent, Outcome
from workflow.messages import ObjectPath, Upload
from workflow.transitions import Status

UPLOADED = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
UPLOAD = Upload(
    path=ObjectPath("lake", "dataset/a b.json"),
    version="v1",
    sequencer="0A",
    etag="e",
    size=3,
    uploaded_at=UPLOADED,
)


def any_entry(**changes):
    return replace(Entry.for_upload(UPLOAD, dataset="uploads", due_at=UPLOADED), **changes)


def test_reads_back_what_it_wrote():
    entry = any_entry(
        status=Status.REJECTED,
        attempt=2,
        redrive=1,
        execution="arn",
        started_at=UPLOADED,
        ended_at=UPLOADED,
        intent=Intent("arn", "abc", 3, "00", Checksum("SHA256", "x")),
        outcome=Outcome("v2", "e2", 3, "00", tagged=True),
        report={"rows": 3},
        failure=Failure("MalformedData", "row 1"),
        replaced=("v3", "v4"),
        erased_at=UPLOADED,
    )

    assert Entry.from_dict(entry.to_dict()) == entry


def test_passes_over_fields_of_later_formats():
    entry = any_entry()

    assert Entry.from_dict({**entry.to_dict(), "colour": "blue"}) == entry


def test_reads_an_outcome_without_versions():
    entry = any_entry(outcome=Outcome(None, "e2", 3, "00", tagged=False))

    assert Entry.from_dict(entry.to_dict()) == entry


def test_compares_sequencers_right_padded():
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    earlier = any_entry(sequencer="0055AED6DCD9")
    later = any_entry(sequencer="0055AED6DCD90281E5")

    assert earlier.uploaded_before(later)
    assert not later.uploaded_before(earlier)
    assert not earlier.uploaded_before(any_entry(sequencer="0055AED6DCD900"))


def test_knows_no_version_id_where_the_bucket_keeps_none():
    assert any_entry(version="null.0A").version_id is None
    assert any_entry(version="v1").version_id == "v1"
