"""Which files belong to a table format, whose metadata an in-place rewrite would break.

Iceberg, Hudi and Delta keep lists of their data files with sizes and statistics. What tells them
is their layout beside the file, so whoever can list the bucket asks with the keys that it sees;
a file alone gives itself away only by what its writer put into the footer.

A table's root is any folder above the file: a dataset may as well be a folder within the table. So
the folders are looked into one by one, up to the bucket itself. One look shows what a folder has
next to the file; only where that is too much for one look are the marks looked for one by one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_ICEBERG_METADATA = re.compile(
    r"metadata/(?:[^/]*\.metadata\.json(?:\.gz)?|snap-[^/]*\.avro|version-hint\.text"
    # Manifests: a folder with a thousand of them shows nothing else at the first look.
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-m\d+\.avro)$"
)
# Where the table formats keep what they know of their files.
_MARKS = ("_delta_log/", ".hoodie/", "metadata/")
# <file id>_<write token>_<instant>.parquet, the instant being a time stamp.
_HUDI_NAME = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+_\d+-\d+-\d+_\d{14,17}\.parquet$"
)
# Footer keys that only the writers of the table formats set. Delta's writers set none.
_FOOTER_KEYS = {
    "iceberg.schema": "Iceberg",
    "org.apache.hudi.bloomfilter": "Hudi",
    "hoodie_bloom_filter_type_code": "Hudi",
    "hoodie_min_record_key": "Hudi",
}
_DELTA_KEYS = ("delta.", "io.delta.")


class Look(NamedTuple):
    """What one look into a folder shows.

    Attributes:
        names: Whole keys of what is in it, those of folders ending with a slash.
        whole: Whether that is all.
    """

    names: Iterable[str]
    whole: bool


def neighbours(key: str, look: Callable[[str], Look]) -> Iterator[str]:
    """Yield the keys in the folders above a file that may tell whose it is.

    Args:
        key: The file's key.
        look: Looks into a folder, which is named by its key with the slash at its end.
    """
    above = key.split("/")[:-1]
    for depth in range(len(above), -1, -1):
        folder = "".join(f"{name}/" for name in above[:depth])
        names, whole = look(folder)
        for mark in _MARKS:
            if not whole or folder + mark in names:
                yield from look(folder + mark).names


def table_format_of(
    key: str, metadata: Mapping[str, str | None], neighbours: Iterable[str] = ()
) -> str | None:
    """Return the table format that a Parquet file belongs to, None if there is no sign of one.

    Args:
        key: The file's key or path.
        metadata: The key-value metadata of its footer.
        neighbours: Other keys of the same bucket: `neighbours` finds those that tell.
    """
    return _by_footer(metadata) or _by_path(key) or _by_neighbours(key, neighbours)


def is_table_metadata(key: str) -> str | None:
    """Return the table format that a file of any format is metadata of."""
    found = _marks(key)
    return None if found is None else found[0]


def _by_footer(metadata: Mapping[str, str | None]) -> str | None:
    for name, found in _FOOTER_KEYS.items():
        if name in metadata:
            return found
    return "Delta" if any(name.startswith(_DELTA_KEYS) for name in metadata) else None


def _by_path(key: str) -> str | None:
    parts = key.split("/")
    if "_delta_log" in parts or "_change_data" in parts:
        return "Delta"
    if ".hoodie" in parts or _HUDI_NAME.search(parts[-1]):
        return "Hudi"
    return None


def _by_neighbours(key: str, neighbours: Iterable[str]) -> str | None:
    for other in neighbours:
        found = _marks(other)
        # The mark counts for what lies under the folder that the table's metadata is in.
        if found is not None and key.startswith(found[1]):
            return found[0]
    return None


def _marks(key: str) -> tuple[str, str] | None:
    """Return the table format that a key is metadata of, and the table's prefix."""
    for folder, name in (("_delta_log/", "Delta"), (".hoodie/", "Hudi")):
        at = f"/{key}".find(f"/{folder}")
        if at >= 0:
            return name, key[:at]
    match = _ICEBERG_METADATA.search(key)
    if match is not None and (match.start() == 0 or key[match.start() - 1] == "/"):
        return "Iceberg", key[: match.start()]
    return None
