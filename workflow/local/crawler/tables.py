"""From files to tables: which files are one table, its name, its partitions."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce

from workflow.local.crawler.classifiers import Found, similar
from workflow.local.crawler.listing import File

_INVALID = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True)
class Read:
    """A file, what it is, and its compression."""

    file: File
    found: Found
    compression: str


@dataclass(frozen=True)
class TablePlan:
    """A table that the crawler found."""

    name: str
    location: str
    found: Found
    compression: str
    partition_keys: tuple[str, ...]
    partitions: dict[tuple[str, ...], str]
    objects: int
    size: int
    extra: dict[str, str] = field(default_factory=dict)


def table_name(folder: str, prefix: str) -> str:
    """Name a table after its folder, as Glue does."""
    return _INVALID.sub("_", f"{prefix}{folder}".lower())


def plan_tables(reads: list[Read], location: str, prefix: str) -> Iterator[TablePlan]:
    """Group the files of a target into tables.

    Files that are alike are one table, and the folders between are its partitions. Where the
    folders hold things that are not alike, each is looked at on its own.
    """
    if not reads:
        return
    if _alike(reads) or _depth(reads) == 0:
        yield _plan(_main_kind(reads), location, prefix)
        return
    folders: dict[str, list[Read]] = {}
    for read in reads:
        if read.file.folders:
            folders.setdefault(read.file.folders[0], []).append(_inside(read))
    for name, inner in sorted(folders.items()):
        yield from plan_tables(inner, f"{location}{name}/", prefix)


def _alike(reads: list[Read]) -> bool:
    first = reads[0].found
    if any("=" in read.file.folders[0] for read in reads if read.file.folders):
        return True
    return all(similar(first, read.found) for read in reads)


def _depth(reads: list[Read]) -> int:
    return max(len(read.file.folders) for read in reads)


def _inside(read: Read) -> Read:
    file = read.file
    return Read(
        File(file.bucket, file.key, file.size, file.folders[1:]), read.found, read.compression
    )


def _main_kind(reads: list[Read]) -> list[Read]:
    """Keep the files of the kind that most bytes are of; a table has one SerDe."""
    sizes: dict[str, int] = {}
    for read in reads:
        kind = read.found.classification
        sizes[kind] = sizes.get(kind, 0) + read.file.size
    main = max(sizes, key=lambda kind: sizes[kind])
    return [read for read in reads if read.found.classification == main]


def _plan(reads: list[Read], location: str, prefix: str) -> TablePlan:
    depth = _depth(reads)
    partitions = {
        tuple(map(_value, read.file.folders)): f"{location}{'/'.join(read.file.folders)}/"
        for read in reads
        if depth and len(read.file.folders) == depth
    }
    return TablePlan(
        name=table_name(location.rstrip("/").rsplit("/", 1)[-1], prefix),
        location=location,
        found=reduce(Found.merged, (read.found for read in reads)),
        compression=reads[0].compression,
        partition_keys=tuple(_keys(read.file.folders for read in reads)),
        partitions=partitions,
        objects=len(reads),
        size=sum(read.file.size for read in reads),
    )


def _value(folder: str) -> str:
    return folder.partition("=")[2] if "=" in folder else folder


def _keys(folders: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Name the partition keys: by key=value, or partition_0, partition_1, ..."""
    deepest = max(folders, key=len)
    for number, folder in enumerate(deepest):
        key = folder.partition("=")[0] if "=" in folder else f"partition_{number}"
        yield key.lower()
