import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

_FOLDER = Path(__file__).parents[2] / "sample_data"
_TEXT_FILES = ("mock_uploaded_data.json", "nested_payments.json", "quoted_customers.csv")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", _FOLDER / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", _TEXT_FILES)
def test_writes_the_committed_bytes_again(generate: ModuleType, name: str) -> None:
    assert (_FOLDER / name).read_bytes() == generate.FILES[name]()


def test_writes_the_committed_parquet_rows_again(generate: ModuleType, tmp_path: Path) -> None:
    """The bytes hold the version of the library that wrote them, so the rows are compared."""
    import pyarrow.parquet as pq  # noqa: PLC0415 -- slow to import

    again = tmp_path / "again.parquet"
    again.write_bytes(generate.FILES["typed_customers.parquet"]())

    committed = pq.ParquetFile(_FOLDER / "typed_customers.parquet")
    assert committed.read().equals(pq.ParquetFile(again).read())
    assert committed.num_row_groups == pq.ParquetFile(again).num_row_groups == 2


def test_makes_each_sensitive_value_unique(generate: ModuleType) -> None:
    rows = [json.loads(line) for line in generate.ndjson().splitlines()]

    assert len(rows) == 1_000
    assert len({row["file_contents"] for row in rows}) == 1_000
    assert len({row["email"] for row in rows}) == 1_000


def test_names_the_purpose_of_each_file(generate: ModuleType) -> None:
    readme = (_FOLDER / "README.md").read_text()

    assert all(f"`{name}`" in readme for name in generate.FILES)
