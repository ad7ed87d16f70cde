"""Policy text -> Policies, or every problem that it has."""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from workflow.errors import PolicyError
from workflow.policy.building import Builder
from workflow.policy.dataset import Dataset, Policies
from workflow.policy.document import Document, read_document
from workflow.policy.problems import Problem, render
from workflow.policy.shape_problems import validated_datasets


def load_policies(text: str, source: str = "datasets.yaml") -> Policies:
    """Load the policies of a file's text.

    Raises:
        PolicyError: Something is wrong; one line for each problem, with file, line and key.
    """
    policies, problems = examine(text)
    if policies is None or problems:
        raise PolicyError(render(problems, source=source))
    return policies


def read_policies(path: FilePath | str) -> Policies:
    """Load the policies of a file.

    Raises:
        PolicyError: The file cannot be read, or something is wrong with it.
    """
    return load_policies(read_text(path), source=str(path))


def read_text(path: FilePath | str) -> str:
    """Read a policy file.

    Raises:
        PolicyError: There is no such file, or it is not UTF-8.
    """
    try:
        content = FilePath(path).read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror or 'cannot be read'}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{path}:{line}: not UTF-8 text") from None


def examine(text: str) -> tuple[Policies | None, list[Problem]]:
    """Load the policies and give everything that is wrong; no policies where something is."""
    document, problems = read_document(text)
    if document is None:
        return None, problems
    shapes, misshapen = validated_datasets(document)
    builder = Builder(document)
    rules = builder.rules()
    built = {
        name: builder.dataset(name, shape, rules[name])
        for name, shape in shapes.items()
        if name in rules
    }
    datasets = {name: dataset for name, dataset in built.items() if dataset is not None}
    problems += [*misshapen, *builder.problems, *_shared_places(datasets, document)]
    return (None if problems else Policies(datasets)), problems


def _shared_places(datasets: Mapping[str, Dataset], document: Document) -> Iterator[Problem]:
    """Find datasets that claim the same prefix, or the same table for unrelated prefixes."""
    earlier: list[Dataset] = []
    for dataset in datasets.values():
        for other in earlier:
            key, what = _clash(dataset, other)
            if what:
                yield Problem(
                    document.line(("datasets", dataset.name, key)),
                    ("datasets", dataset.name, key),
                    f"{what} as that of {other.name!r} "
                    f"on line {document.line(('datasets', other.name, key))}",
                )
        earlier.append(dataset)


def _clash(one: Dataset, other: Dataset) -> tuple[str, str | None]:
    if one.prefix == other.prefix:
        return "prefix", "the same prefix"
    nested = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    if one.table == other.table and not nested:
        # Glue would give one of them another name, and CheckCatalog would never find it.
        return "table", f"the same table {one.table!r}"
    return "", None
