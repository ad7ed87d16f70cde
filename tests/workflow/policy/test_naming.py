import pytest

from workflow.local.crawler.tables import table_name as crawled_name
from workflow.policy.naming import table_name


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("dataset/", "dataset"),
        ("a/b/Sales Data/", "sales_data"),
        ("a/2024-05/", "2024_05"),
        ("a/daten.größe/", "daten_gr__e"),
        ("a/x+y@z/", "x_y_z"),
    ],
)
def test_names_a_table_as_the_crawler_will(prefix: str, name: str) -> None:
    assert table_name(prefix) == name
    assert crawled_name(prefix.rstrip("/").rpartition("/")[2], "") == name
