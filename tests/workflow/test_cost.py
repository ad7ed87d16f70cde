import json
from pathlib import Path

import pytest

from workflow import cost, prices

DEFINITION = Path(__file__).parents[2] / "state_machine.asl.json"
DOCUMENT = Path(__file__).parents[2] / "docs" / "cost.md"
TB = 1024**4


def _happy_path():
    """Follow the way of an object that is scrubbed and whose table is there."""
    machine = json.loads(DEFINITION.read_text(encoding="utf-8"))
    name = machine["StartAt"]
    while True:
        yield name
        state = machine["States"][name]
        if name == "RouteObject":
            name = "ScrubObject"
        elif state["Type"] == "Choice":
            name = state["Default"]
        elif "Next" in state:
            name = state["Next"]
        else:
            return


def test_counts_every_state_of_the_way_of_an_object():
    assert len(list(_happy_path())) == cost.TRANSITIONS


def test_a_million_objects_cost_mostly_their_transitions():
    items = {item.what: item.dollars for item in cost.estimate(1_000_000, 0)}

    assert items["State transitions"] == pytest.approx(200)
    assert items["State transitions"] > sum(items.values()) / 2


def test_bytes_cost_the_time_to_scrub_them():
    small, large = (
        {item.what: item.dollars for item in cost.estimate(1, size)} for size in (0, TB)
    )

    seconds = TB / cost.BYTES_PER_SECOND
    added = large["Scrubbing"] - small["Scrubbing"]
    assert added == pytest.approx(seconds * 1769 / 1024 * prices.LAMBDA_GB_SECOND)


def test_nothing_costs_nothing_but_the_month():
    assert sum(item.dollars for item in cost.estimate(0, 0)) == 0
    assert sum(item.dollars for item in cost.monthly()) > 0


@pytest.mark.parametrize(("objects", "size"), [(1_000_000, 0), (8_192, TB)])
def test_the_document_has_the_figures_that_are_computed(objects, size):
    text = DOCUMENT.read_text(encoding="utf-8")

    for item in cost.estimate(objects, size):
        assert f"| {item.what} | {item.formula} | {item.dollars:.2f} |" in text, item.what


def test_the_document_has_the_month_that_is_computed():
    text = DOCUMENT.read_text(encoding="utf-8")

    for item in cost.monthly():
        assert f"| {item.what} | {item.formula} | {item.dollars:.2f} |" in text, item.what
