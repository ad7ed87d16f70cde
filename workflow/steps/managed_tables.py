"""Leave the files of Iceberg, Hudi and Delta tables alone: a rewrite would break the table."""

from functools import partial

from workflow.errors import TableManaged
from workflow.messages import ObjectPath
from workflow.scrub.parquet.managed import is_table_metadata, neighbours, table_format_of
from workflow.stores import LakeStore

# The footer was looked at by the scrub itself.
_NO_FOOTER: dict[str, str | None] = {}


def refuse_managed(path: ObjectPath, format_name: str, *, lake: LakeStore) -> None:
    """Refuse an object that a table's metadata counts on.

    Only Parquet can be a table's data; its metadata is JSON too, and known by its key.

    Raises:
        TableManaged: What lies beside the object says that it belongs to a table.
        LakescrubError: The lake could not be listed.
    """
    found = is_table_metadata(path.key)
    if format_name == "parquet":
        beside = neighbours(path.key, partial(lake.look_into, path.bucket))
        found = found or table_format_of(path.key, _NO_FOOTER, beside)
    if found is not None:
        raise TableManaged(f"{path} belongs to a table of {found}")
