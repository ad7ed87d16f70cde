"""Every error that lakescrub raises on purpose.

    LakescrubError
    ├── RetryableError              the same call may succeed later
    │   ├── Throttled               the service asks us to slow down
    │   ├── ServiceUnavailable      a 5xx answer, a time-out, a broken connection
    │   └── ObjectKeepsChanging     inspected again and again, never the same twice
    ├── ObjectChanged               the key holds other bytes than those inspected
    ├── ObjectMissing               the version (or the key) is gone
    ├── AccessDenied                a permission is missing; redrive after the fix
    ├── PermanentError              will fail again until somebody mends the cause
    │   ├── MalformedData           the bytes break their own format
    │   ├── UnsupportedFormat       not a format that we can scrub
    │   ├── UnsupportedCompression  not a compression that we can keep
    │   ├── UnsupportedEncryption   encrypted with a key that we cannot use
    │   ├── UnsupportedEncoding     text that is not in the encoding expected
    │   ├── SchemaMismatch          the rules do not fit the data's schema
    │   ├── ObjectArchived          in a storage class that must be restored first
    │   ├── TableManaged            a file of an Iceberg, Hudi or Delta table
    │   ├── ObjectTooLarge          larger than this path can rewrite
    │   ├── VersionsNotKept         a rewrite could not be undone, and nothing allows that
    │   ├── UnknownDataset          no dataset of the policy matches the key
    │   └── UnknownVersion          the ledger has no entry for this version
    ├── PolicyError                 datasets.yaml cannot be used
    ├── UsageError                  the caller's arguments make no sense
    ├── RunNameTaken                an execution of that name works on something else
    ├── NotFound                    what the operator asked for does not exist
    └── UnexpectedError             anything else, reduced to its type and place

The class name of an error that leaves a Lambda function is the name that Step Functions compares
with ``ErrorEquals``. It compares exact names, a subclass does not match its parent, so each name
is API: ``tests/state_machine/test_contract.py`` holds this file against the state machine.

No text of an error may hold the content of an object: positions, names and counts only.
"""


class LakescrubError(Exception):
    """Base of all errors raised on purpose; its text is safe to log and to store."""


class RetryableError(LakescrubError):
    """The same call may succeed later."""


class Throttled(RetryableError):
    """A service asked us to slow down."""


class ServiceUnavailable(RetryableError):
    """A service answered 5xx, timed out, or dropped the connection."""


class ObjectKeepsChanging(RetryableError):
    """The object changed between inspection and write more often than a run follows it."""


class ObjectChanged(LakescrubError):
    """The key no longer holds the bytes that were inspected: inspect again."""


class ObjectMissing(LakescrubError):
    """The version or the key is no longer there: inspect again."""


class AccessDenied(LakescrubError):
    """A permission is missing; the execution fails in place and is redriven after the fix."""


class PermanentError(LakescrubError):
    """The object cannot be scrubbed as it is; replay it once the cause is mended."""


class MalformedData(PermanentError):
    """The bytes break the rules of their own format.

    Args:
        what: What is wrong, without any content of the object.
        row: One-based number of the row, where there are rows.
        offset: Zero-based byte offset in the decompressed object.
    """

    def __init__(self, what: str, *, row: int | None = None, offset: int | None = None) -> None:
        """Build the text from the position."""
        self.what = what
        self.row = row
        self.offset = offset
        place = [f"row {row}"] if row is not None else []
        if offset is not None:
            place.append(f"byte offset {offset}")
        super().__init__(f"{what} at {', '.join(place)}" if place else what)


class UnsupportedFormat(PermanentError):
    """The object is in no format that can be scrubbed."""


class UnsupportedCompression(PermanentError):
    """The object is compressed in a way that cannot be kept."""


class UnsupportedEncryption(PermanentError):
    """The object is encrypted with a key that cannot be used."""


class UnsupportedEncoding(PermanentError):
    """The text is not in the encoding that the policy names (UTF-8 unless it says otherwise)."""


class SchemaMismatch(PermanentError):
    """The rules do not fit the schema of the data."""


class ObjectArchived(PermanentError):
    """The object must be restored from its archive storage class first."""


class TableManaged(PermanentError):
    """The file belongs to a table format whose metadata an in-place rewrite would break."""


class ObjectTooLarge(PermanentError):
    """The object is larger than what can be rewritten."""


class VersionsNotKept(PermanentError):
    """The bucket keeps no versions, and the deployment does not allow to rewrite there."""


class UnknownDataset(PermanentError):
    """No dataset of the policy in force matches the key."""


class UnknownVersion(PermanentError):
    """The ledger has no entry for the version."""


class PolicyError(LakescrubError):
    """The policy file cannot be used; the text names file, line and key.

    Args:
        text: What is wrong.
        positions: Indices of the rules at fault, so that the loader can name their lines.
    """

    def __init__(self, text: str, *, positions: tuple[int, ...] = ()) -> None:
        """Keep the positions beside the text."""
        self.positions = positions
        super().__init__(text)


class RunNameTaken(LakescrubError):
    """An execution with the run's name works on something else."""


class UsageError(LakescrubError):
    """The caller's arguments make no sense."""


class NotFound(LakescrubError):
    """What the operator asked for does not exist."""


class UnexpectedError(LakescrubError):
    """An error that nobody foresaw, reduced to its type and the place that raised it.

    The original text may quote an object's content, so it is dropped.
    """
