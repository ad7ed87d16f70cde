import pytest

from workflow.policy import load_policies
from workflow.policy.advisories import advisories

_RULE = "scrub: [{field: f, action: blank}]"
_FINE = f"prefix: data/, erase_versions: true, {_RULE}"


def told(**datasets: str) -> list[str]:
    lines = [f"  {name}: {{{lines}}}\n" for name, lines in datasets.items()]
    return list(advisories(load_policies("version: 1\ndatasets:\n" + "".join(lines))))


@pytest.mark.parametrize("more", ["", ", table: data"])
def test_has_nothing_to_say_about_a_usual_dataset(more: str) -> None:
    assert told(uploads=_FINE + more) == []


def test_has_nothing_to_say_about_a_dataset_within_a_crawled_folder() -> None:
    norway = f"prefix: data/country=NO/, table: data, erase_versions: true, {_RULE}"

    assert told(uploads=_FINE, norway=norway) == []


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        (_FINE.replace("true", "false"), "uploads keeps earlier versions"),
        (f"{_FINE}, enforce: false", "uploads only observes"),
        (f"{_FINE}, table: other", "uploads names the table 'other', but a crawler will name it"),
    ],
)
def test_tells_a_surprise(dataset: str, sentence: str) -> None:
    (advisory,) = told(uploads=dataset)

    assert advisory.startswith(sentence)
