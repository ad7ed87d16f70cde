import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.athena.lake_fakes import FakeS3
from workflow.local.athena import results
from workflow.local.athena.data_types import VARCHAR
from workflow.local.athena.results import ResultStore, write_csv

CELLS = st.none() | st.text(alphabet=st.sampled_from('a",\n\r é😀')) | st.text(max_size=5)
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8)
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("results") / "result.csv"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(results, "_CHUNK", 7)


@settings(max_examples=60, deadline=None)
@given(table=TABLES, most=st.integers(1, 4))
def test_pages_of_any_size_give_the_rows_that_were_written(path, table, most):
    width = len(table[0]) if table else 1
    s3 = FakeS3()
    write_csv(path, ["n"] * width, [VARCHAR] * width, table)
    ResultStore(s3).put("s3://results/r.csv", path)

    rows, offset = [], 0
    while offset is not None:
        page = ResultStore(s3).page("s3://results/r.csv", offset=offset, most=most)
        assert len(page.rows) <= most
        rows += page.rows
        offset = page.next_offset

    assert rows == [["n"] * width, *table]
