"""One crawl: from the crawler's targets to the catalog."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from workflow.local.crawler.catalog_writer import CatalogWriter, Counts
from workflow.local.crawler.classifiers import classify
from workflow.local.crawler.listing import File, Listing
from workflow.local.crawler.tables import Read, TablePlan, plan_tables

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8


class Crawl:
    """Crawls the S3 targets of one crawler; only names and types reach the catalog.

    Args:
        glue: The client of the endpoint.
        s3: The client of the endpoint.
        crawler: The crawler, as GetCrawler shows it.
        stopped: Says whether the crawl was asked to stop.
    """

    def __init__(
        self,
        glue: "GlueClient",
        s3: "S3Client",
        crawler: Any,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Keep what it works with."""
        self._listing = Listing(s3)
        self._writer = CatalogWriter(glue, crawler)
        self._prefix: str = crawler.get("TablePrefix") or ""
        self._targets = (crawler.get("Targets") or {}).get("S3Targets") or []
        self._stopped = stopped

    def run(self) -> Counts | None:
        """Crawl and write; None where it was stopped before anything was written."""
        plans = list(self._plans())
        if self._stopped():
            return None
        self._writer.ensure_database()
        return self._writer.write(plans, [_location(target) for target in self._targets])

    def _plans(self) -> Iterator[TablePlan]:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="crawl") as pool:
            for target in self._targets:
                files = self._listing.files(_location(target), target.get("Exclusions") or [])
                reads = [read for read in pool.map(self._read, files) if read is not None]
                yield from plan_tables(reads, _location(target), self._prefix)

    def _read(self, file: File) -> Read | None:
        sample = None if self._stopped() else self._listing.sample(file)
        found = classify(sample.data) if sample else None
        if sample is None or found is None:
            return None
        return Read(file, found, sample.compression)


def _location(target: Any) -> str:
    path = str(target["Path"])
    path = path if path.startswith("s3://") else f"s3://{path}"
    return path if path.endswith("/") else f"{path}/"
