"""The catalog: Glue's tables and partitions over the lake, and the crawler that finds tables."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.aws.faults import error_code, told
from workflow.stores import LastCrawl, Table

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_NOT_THERE = "EntityNotFoundException"
_ALREADY_THERE = "AlreadyExistsException"
_ALREADY_RUNNING = "CrawlerRunningException"


class Catalog:
    """Tables of one database (a ``stores.CatalogStore``)."""

    def __init__(self, client: "GlueClient", *, database: str, crawler: str) -> None:
        """Use a client, a database and the crawler that fills it."""
        self._client = client
        self._database = database
        self._crawler = crawler

    def table(self, name: str) -> Table | None:
        """Look a table up; None where there is none."""
        with told(f"GetTable {name}"):
            try:
                answer = self._client.get_table(DatabaseName=self._database, Name=name)
            except ClientError as error:
                if error_code(error) != _NOT_THERE:
                    raise
                return None
        found: Any = answer["Table"]
        storage = dict(found.get("StorageDescriptor", {}))
        return Table(
            name=name,
            location=storage.get("Location", ""),
            partition_keys=tuple(key["Name"] for key in found.get("PartitionKeys", ())),
            storage=storage,
        )

    def has_partition(self, table: Table, values: tuple[str, ...]) -> bool:
        """Say whether a partition is registered."""
        with told(f"GetPartition of {table.name}"):
            try:
                self._client.get_partition(
                    DatabaseName=self._database, TableName=table.name, PartitionValues=list(values)
                )
            except ClientError as error:
                if error_code(error) != _NOT_THERE:
                    raise
                return False
        return True

    def add_partition(self, table: Table, values: tuple[str, ...], *, location: str) -> None:
        """Register a partition that is stored as its table is; one that is there is no error."""
        storage: Any = {**table.storage, "Location": location}
        with told(f"CreatePartition of {table.name}"):
            try:
                self._client.create_partition(
                    DatabaseName=self._database,
                    TableName=table.name,
                    PartitionInput={"Values": list(values), "StorageDescriptor": storage},
                )
            except ClientError as error:
                if error_code(error) != _ALREADY_THERE:
                    raise

    def last_crawl(self) -> LastCrawl:
        """Look at the crawler."""
        with told(f"GetCrawler {self._crawler}"):
            crawler = self._client.get_crawler(Name=self._crawler)["Crawler"]
        return LastCrawl(
            running=crawler.get("State", "READY") != "READY",
            started_at=crawler.get("LastCrawl", {}).get("StartTime"),
        )

    def start_crawler(self) -> None:
        """Start a crawl; one that is under way serves as well."""
        with told(f"StartCrawler {self._crawler}"):
            try:
                self._client.start_crawler(Name=self._crawler)
            except ClientError as error:
                if error_code(error) != _ALREADY_RUNNING:
                    raise
