from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "differences.yaml").read_text(encoding="utf-8"))
PAGE = HERE.parents[2] / "docs" / "athena-differences.md"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_difference_is_as_the_page_says(athena, case):
    if "refused" in case:
        assert athena.reason(case["sql"]).startswith(case["refused"])
    else:
        assert athena.rows(case["sql"]) == case["rows"]


def test_the_page_lists_each_difference_once():
    lines = PAGE.read_text(encoding="utf-8").splitlines()

    listed = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    assert [name for name in listed if name != "what"] == [
        case["name"] for case in sorted(CASES, key=lambda case: listed.index(case["name"]))
    ]
