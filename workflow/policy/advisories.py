"""What is valid in a policy file, and yet may surprise its author."""

from collections.abc import Iterator

from workflow.policy.dataset import Dataset, Policies
from workflow.policy.naming import table_name


def advisories(policies: Policies) -> Iterator[str]:
    """Give one sentence for each surprise."""
    for dataset in policies.values():
        if not dataset.enforce:
            yield f"{dataset.name} only observes (enforce: false): nothing is scrubbed"
        elif not dataset.erase_versions:
            yield (
                f"{dataset.name} keeps earlier versions (erase_versions: false): "
                "a versioned bucket still holds what was scrubbed"
            )
        if not _is_crawled(dataset, policies):
            yield (
                f"{dataset.name} names the table {dataset.table!r}, but a crawler will name it "
                f"{table_name(dataset.prefix)!r}: create the table yourself"
            )


def _is_crawled(dataset: Dataset, policies: Policies) -> bool:
    """Say whether a crawl of the dataset's folder, or of one above it, makes its table."""
    return any(
        dataset.prefix.startswith(other.prefix) and table_name(other.prefix) == dataset.table
        for other in policies.values()
    )
