"""The files below a crawler's target, with their folders, and the start of each."""

import bz2
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import zstandard
from botocore.exceptions import ClientError

from workflow.local.crawler.classifiers import PARQUET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SAMPLE = 1 << 20
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\x28\xb5\x2f\xfd", "zstd"))


@dataclass(frozen=True)
class File:
    """One object of the target, by the folders between the target and it."""

    bucket: str
    key: str
    size: int
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """The start of a file (all of a Parquet file), decompressed."""

    data: bytes
    compression: str


class Listing:
    """Lists and samples the lake.

    Args:
        s3: The client of the endpoint.
    """

    def __init__(self, s3: "S3Client") -> None:
        """Keep the client."""
        self._s3 = s3

    def files(self, target: str, exclusions: list[str]) -> Iterator[File]:
        """Give the files of a target that are neither empty, hidden nor excluded."""
        place = urlsplit(target, allow_fragments=False)
        prefix = place.path.lstrip("/")
        prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        excluded = [_glob(pattern) for pattern in exclusions]
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=place.netloc, Prefix=prefix
        )
        for found in (found for page in pages for found in page.get("Contents", ())):
            relative = found["Key"][len(prefix) :]
            hidden = any(part.startswith(("_", ".")) for part in relative.split("/"))
            left_out = hidden or any(pattern.fullmatch(relative) for pattern in excluded)
            if found["Size"] and not left_out:
                folders = tuple(relative.split("/")[:-1])
                yield File(place.netloc, found["Key"], found["Size"], folders)

    def sample(self, file: File) -> Sample | None:
        """Read the start of a file; None where it is gone or cannot be decompressed."""
        try:
            answer = self._s3.get_object(
                Bucket=file.bucket, Key=file.key, Range=f"bytes=0-{_SAMPLE - 1}"
            )
            data = answer["Body"].read()
            if data.startswith(PARQUET) and file.size > _SAMPLE:
                data = self._s3.get_object(Bucket=file.bucket, Key=file.key)["Body"].read()
        except ClientError:
            return None
        return _decompress(data, whole=file.size <= _SAMPLE)


def _decompress(data: bytes, *, whole: bool) -> Sample | None:
    name = next((name for magic, name in _MAGIC if data.startswith(magic)), "none")
    try:
        if name == "gzip":
            data = zlib.decompressobj(wbits=31).decompress(data, _SAMPLE)
        elif name == "bzip2":
            data = bz2.BZ2Decompressor().decompress(data, _SAMPLE)
        elif name == "zstd":
            data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except (OSError, zlib.error, zstandard.ZstdError):
        return None
    if not whole and not data.startswith(PARQUET):
        data = data[: data.rfind(b"\n") + 1]
    return Sample(data, name)


def _glob(pattern: str) -> re.Pattern[str]:
    """Translate Glue's exclude pattern: * within a folder, ** across them."""
    parts = re.split(r"(\*\*|\*|\?)", pattern.lstrip("/"))
    signs = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(signs.get(part, re.escape(part)) for part in parts))
