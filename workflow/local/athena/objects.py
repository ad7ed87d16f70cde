"""The objects of a table: listed when a query is planned, fetched when it runs.

A query sees the objects as they were when it was planned. Each is fetched with If-Match on the
ETag listed then, so a file that was replaced in between fails the query, as on Athena.
"""

import bz2
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import zstandard
from botocore.exceptions import ClientError

from workflow.local.athena.catalog import Partition
from workflow.local.athena.failures import QueryFailed, replaced

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8
_GONE = {"PreconditionFailed", "412", "NoSuchKey", "404"}


def _unzstd(data: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
        return bytes(reader.read())


_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".gzip": gzip.decompress,
    ".bz2": bz2.decompress,
    ".zst": _unzstd,
    ".zstd": _unzstd,
}
_BROKEN = (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError)


@dataclass(frozen=True)
class Planned:
    """One object that a query is to read."""

    bucket: str
    key: str
    etag: str
    size: int
    partition: Partition

    @property
    def uri(self) -> str:
        """The object's address, as ``"$path"`` shows it."""
        return f"s3://{self.bucket}/{self.key}"


class Objects:
    """Lists and fetches the objects of a lake.

    Args:
        s3: The client of the endpoint.
    """

    def __init__(self, s3: "S3Client") -> None:
        """Keep the client."""
        self._s3 = s3

    def plan(self, partitions: Iterable[Partition]) -> list[Planned]:
        """List what the partitions hold now; hidden and empty objects hold no rows."""
        return [planned for partition in partitions for planned in self._list(partition)]

    def _list(self, partition: Partition) -> Iterator[Planned]:
        place = urlsplit(partition.location, allow_fragments=False)
        prefix = place.path.lstrip("/")
        prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=place.netloc, Prefix=prefix
        )
        for found in (found for page in pages for found in page.get("Contents", ())):
            if found["Size"] and not _is_hidden(found["Key"][len(prefix) :]):
                yield Planned(place.netloc, found["Key"], found["ETag"], found["Size"], partition)

    def fetch(self, planned: Iterable[Planned]) -> Iterator[tuple[Planned, bytes]]:
        """Fetch the bytes of the objects, in their order, a few at once."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="athena-read") as pool:
            wanted = list(planned)
            for start in range(0, len(wanted), _AT_ONCE):
                batch = wanted[start : start + _AT_ONCE]
                yield from zip(batch, pool.map(self._get, batch), strict=True)

    def _get(self, planned: Planned) -> bytes:
        try:
            answer = self._s3.get_object(
                Bucket=planned.bucket, Key=planned.key, IfMatch=planned.etag
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise replaced(planned.uri, planned.size) from None
            raise
        return answer["Body"].read()


def decompress(planned: Planned, data: bytes) -> bytes:
    """Undo the compression that the key's suffix names, as Hive's text input does."""
    suffix = planned.key[planned.key.rfind(".") :].lower() if "." in planned.key else ""
    if suffix not in _DECOMPRESS:
        return data
    try:
        return _DECOMPRESS[suffix](data)
    except _BROKEN:
        raise QueryFailed(
            "HIVE_CURSOR_ERROR", f"{planned.uri} is not in the compression of its suffix {suffix}"
        ) from None


def _is_hidden(relative: str) -> bool:
    return any(part.startswith(("_", ".")) for part in relative.split("/"))
