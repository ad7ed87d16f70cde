"""SHOW, DESCRIBE and the DDL that writes to the catalog."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.local.athena.catalog import Catalog
from workflow.local.athena.failures import not_supported
from workflow.local.athena.objects import Objects

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


@dataclass(frozen=True)
class Told:
    """The lines of text that a statement gives."""

    columns: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Utility:
    """Answers the statements that are not queries.

    Args:
        catalog: What they read.
        objects: The lake, for MSCK REPAIR TABLE.
        glue: What they write to.
    """

    def __init__(self, catalog: Catalog, objects: Objects, glue: "GlueClient") -> None:
        """Keep what it works with."""
        self._catalog = catalog
        self._objects = objects
        self._glue = glue

    def run(self, verb: str, text: str, database: str) -> Told:
        """Answer one statement."""
        raise not_supported(f"{verb} ({text[:0]}{database[:0]})")
