"""Whatever stands in the file: it loads, or it is refused with lines; nothing else comes out."""

import copy
import re
from typing import TYPE_CHECKING

import yaml
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import PolicyError
from workflow.policy import Dataset, load_policies

if TYPE_CHECKING:
    from collections.abc import Mapping

_VALID = {
    "version": 1,
    "datasets": {
        "uploads": {
            "prefix": "dataset/",
            "after": "5m",
            "csv": {"delimiter": ";", "header": False},
            "drop_rows": {"where": {"field": "c", "in": ["NO", 1]}},
            "scrub": [
                {"field": "a", "action": "mask", "keep_last": 4},
                {"field": "b.c", "action": "redact", "own": ["[0-9]{4}"]},
            ],
        }
    },
}
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.binary(max_size=4),
    st.sampled_from(["a", "5m", "drop", "hash", "dataset/", "[*]", "uploads", "é", "\x1b", "<<"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SCALARS, inner, max_size=3),
)
_LINE = re.compile(r"d\.yaml:[0-9]+: .+")


def _refused_or_loaded(text: str) -> None:
    told = "d.yaml:1: loaded"
    policies: Mapping[str, Dataset] = {}
    try:
        policies = load_policies(text, source="d.yaml")
    except PolicyError as error:
        told = str(error)
    assert all(_LINE.fullmatch(line) for line in told.split("\n")), told
    assert all(re.fullmatch(r"[0-9a-f]{12}", each.digest) for each in policies.values())


def _places(value: object, path: tuple = ()) -> list[tuple]:
    below = value.items() if isinstance(value, dict) else enumerate(value)
    found = [(*path, key) for key, _ in below]
    for key in [step[-1] for step in found]:
        if isinstance(value[key], dict | list):
            found += _places(value[key], (*path, key))
    return found


@given(st.text())
def test_takes_any_text(text: str) -> None:
    _refused_or_loaded(text)


@given(st.text(alphabet="&*<:{}[]-?|>'\"#,!% \n\tab1", max_size=60))
def test_takes_any_yaml_signs(text: str) -> None:
    _refused_or_loaded("version: 1\ndatasets: " + text)


@given(st.data())
def test_takes_any_value_at_any_place(data: st.DataObject) -> None:
    document = copy.deepcopy(_VALID)
    place = data.draw(st.sampled_from(_places(_VALID)))
    holder = document
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = data.draw(_VALUES)

    _refused_or_loaded(yaml.safe_dump(document))


@given(st.data())
def test_takes_any_key_at_any_place(data: st.DataObject) -> None:
    document = copy.deepcopy(_VALID)
    holder = document
    for step in data.draw(st.sampled_from(_places(_VALID)))[:-1]:
        holder = holder[step]
    if isinstance(holder, dict):
        holder[data.draw(_SCALARS)] = data.draw(_VALUES)

    _refused_or_loaded(yaml.safe_dump(document))
