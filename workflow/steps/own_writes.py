"""Which versions under a key are our own rewrites.

A rewrite raises a notification as any upload does, and it stands above the version that it
replaced. What tells it apart is the ledger: the version that a run recorded, or, where the record
was lost, the intent that the run noted before it wrote.
"""

from collections.abc import Iterable

from workflow.entry import Entry, Outcome
from workflow.messages import ObjectPath
from workflow.stored_object import StoredObject
from workflow.stores import LakeStore


def is_output_of(entry: Entry, path: ObjectPath, stored: StoredObject, *, lake: LakeStore) -> bool:
    """Say whether a stored version is what a run wrote for an entry."""
    if entry.outcome is not None and _is(entry.outcome, stored):
        return True
    return is_as_intended(entry, path, stored, lake=lake)


def is_as_intended(
    entry: Entry, path: ObjectPath, stored: StoredObject, *, lake: LakeStore
) -> bool:
    """Say whether a stored version is what the write that was announced last was to make."""
    if entry.outcome is not None and entry.intent_is_settled:
        return _is(entry.outcome, stored)
    is_the_upload = stored.version_id is not None and stored.version_id == entry.version_id
    if entry.intent is None or is_the_upload:
        return False
    return lake.holds(path, stored, entry.intent)


def _is(outcome: Outcome, stored: StoredObject) -> bool:
    if outcome.version_id is not None:
        return outcome.version_id == stored.version_id
    return stored.version_id is None and outcome.etag == stored.etag


def writers_of(
    entries: Iterable[Entry], path: ObjectPath, stored: StoredObject, *, lake: LakeStore
) -> list[Entry]:
    """Give the entries whose run wrote a stored version; none where an uploader did.

    There is more than one where the same bytes were uploaded again, and a run of the earlier
    upload has announced a write that never came to be.
    """
    return [entry for entry in entries if is_output_of(entry, path, stored, lake=lake)]
