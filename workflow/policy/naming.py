"""The name that a Glue crawler gives the table of a folder."""

import re

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_]")


def table_name(prefix: str) -> str:
    """Name the table of a prefix after its last folder, in lower case, other signs as ``_``."""
    folder = prefix.rstrip("/").rpartition("/")[2]
    return _NOT_IN_A_NAME.sub("_", folder.lower())
