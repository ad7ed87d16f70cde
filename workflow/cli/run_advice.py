"""What an operator should do about a run that failed."""

from typing import TYPE_CHECKING

from workflow import errors

if TYPE_CHECKING:
    from workflow.aws.run_history import RunDetails

_PERMANENT = frozenset(
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.PermanentError)
)
_CAUSES = {
    "UnknownDataset": "add the dataset to datasets.yaml and deploy",
    "UnknownVersion": "the ledger has no entry for this upload: upload the object again",
    "ObjectArchived": "restore the object from its archive",
    "VersionsNotKept": "switch the bucket's versioning on, as `lakescrub doctor` says",
    "UnsupportedEncryption": "let the functions use the object's key",
    "SchemaMismatch": "mend the object, or the dataset's rules in datasets.yaml",
    "TableManaged": "take the prefix out of datasets.yaml: its files belong to a table format",
    "AccessDenied": "grant the permission that the reason names",
}


def advice(details: "RunDetails") -> str | None:
    """Say what to do next about a run that failed; None where there is nothing to do."""
    if details.status in ("RUNNING", "SUCCEEDED", "PENDING_REDRIVE"):
        return None
    error = details.failure.name if details.failure else ""
    if error == "UnknownVersion":
        return f"next: {_CAUSES[error]}"
    if error in _PERMANENT:
        cause = _CAUSES.get(error, "mend the object or the policy")
        return f"next: {cause}; then `lakescrub runs replay {details.name}`"
    cause = _CAUSES.get(error, "mend the cause")
    return (
        f"next: {cause}; then `lakescrub runs redrive {details.name}` resumes in the state that "
        "failed (14 days long), and `lakescrub runs replay` starts afresh"
    )
