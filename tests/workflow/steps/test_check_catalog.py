from datetime import timedelta

import pytest

from tests.fakes import FakeCatalog
from tests.workflow.steps.story import START
from workflow.messages import ObjectPath
from workflow.steps.check_catalog import CRAWL_AGAIN_AFTER, Result, check
from workflow.stores import LastCrawl, Table

DAY_AND_HOUR = ("day", "hour")


def catalog_of(*partition_keys, location="s3://lake/dataset/"):
    return FakeCatalog(tables={"dataset": Table("dataset", location, partition_keys, {})})


def checked(catalog, key="dataset/a.jsonl"):
    return check(ObjectPath("lake", key), "dataset", catalog=catalog, now=START)


def test_does_nothing_for_a_table_without_partitions():
    assert checked(catalog_of()) == Result()


def test_registers_a_partition_once():
    catalog = catalog_of(*DAY_AND_HOUR)
    key = "dataset/day=2026-11-21/hour=05/part/a.jsonl"

    results = [checked(catalog, key) for _ in range(2)]

    assert [result.partition_added for result in results] == [True, False]
    assert catalog.partitions["dataset"] == {
        ("2026-11-21", "05"): "s3://lake/dataset/day=2026-11-21/hour=05/"
    }


def test_knows_a_folder_by_the_name_that_glue_made_of_it():
    catalog = catalog_of("day")

    assert checked(catalog, "dataset/Day=1/a.jsonl").partition_added


def test_takes_any_folder_for_a_partition_that_the_crawler_numbered():
    catalog = catalog_of("partition_0", "partition_1")

    assert checked(catalog, "dataset/eu/2026/a.jsonl").partition_added
    assert catalog.partitions["dataset"].keys() == {("eu", "2026")}


@pytest.mark.parametrize(
    "key",
    [
        "dataset/archive/05/a.jsonl",  # would be a day called "archive"
        "dataset/hour=05/day=2026-11-21/a.jsonl",
        "dataset/region=eu/hour=05/a.jsonl",
        "dataset/day=2026-11-21/a.jsonl",
        "dataset/a.jsonl",
        "other/day=2026-11-21/hour=05/a.jsonl",
    ],
)
def test_registers_no_partition_for_a_folder_that_is_none(key):
    """A value that does not fit its type makes Athena refuse the whole table."""
    catalog = catalog_of(*DAY_AND_HOUR)

    assert checked(catalog, key) == Result()
    assert catalog.partitions == {}


@pytest.mark.parametrize(
    ("crawl", "result"),
    [
        (LastCrawl(running=False, started_at=None), Result(start_crawler=True)),
        (LastCrawl(running=True, started_at=None), Result(start_crawler=True)),
        (LastCrawl(running=False, started_at=START), Result(table_missing=True)),
        (
            LastCrawl(running=False, started_at=START - CRAWL_AGAIN_AFTER - timedelta(seconds=1)),
            Result(start_crawler=True),
        ),
    ],
)
def test_starts_no_crawl_for_a_table_that_one_has_just_not_found(crawl, result):
    assert checked(FakeCatalog(crawl=crawl)) == result
