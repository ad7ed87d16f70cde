"""All rules of a dataset that cannot live together; the engine itself ends at the first."""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import combinations

from workflow.errors import PolicyError
from workflow.policy.dataset import Dataset
from workflow.scrub import ScrubOptions, check_rules

Clash = tuple[tuple[int, ...], str]


def clashes(dataset: Dataset) -> Iterator[Clash]:
    """Give the numbers of the rules at fault, and what is wrong with them."""
    numbers = range(len(dataset.rules))
    if not list(_refused(dataset, numbers, dataset.options, form=dataset.format)):
        return
    for number in numbers:
        yield from _refused(dataset, [number], dataset.options, form=dataset.format)
    # What one rule alone is refused for must not be told again for each of its pairs.
    bare = dataclasses.replace(dataset.options, drop_rows=None)
    for pair in combinations(numbers, 2):
        yield from _refused(dataset, pair, bare, form="auto")


def _refused(
    dataset: Dataset, numbers: Sequence[int], options: ScrubOptions, *, form: str
) -> Iterator[Clash]:
    try:
        check_rules([dataset.rules[number] for number in numbers], options, format=form)
    except PolicyError as error:
        yield tuple(numbers), str(error)
