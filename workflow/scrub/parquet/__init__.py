"""Parquet, scrubbed by column grafting (see ``graft``).

Importing this package is cheap: pyarrow is loaded when a file with something to do is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from workflow.errors import TableManaged
from workflow.scrub.formats.base import FileFormat
from workflow.scrub.parquet import footer, schema
from workflow.scrub.parquet.managed import table_format_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from workflow.scrub.formats.base import Sink
    from workflow.scrub.plan import Plan

__all__ = ["Parquet", "table_format_of"]


class Parquet(FileFormat):
    """Apache Parquet."""

    name: ClassVar[str] = "parquet"
    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".parq", ".pqt")

    @classmethod
    def sniff(cls, head: bytes) -> bool:
        """Tell whether the bytes start like a Parquet file, encrypted or not."""
        return head.startswith((footer.MAGIC, footer.ENCRYPTED))

    def rewrite(self, source: BinaryIO, sink: Sink, plan: Plan, *, name: str) -> None:
        """Write the scrubbed file.

        Raises:
            PermanentError: The file is broken, encrypted or part of a managed table, or does not
                fit the rules.
        """
        found = footer.read(source)
        managed = table_format_of(name, found.key_values())
        if managed:
            raise TableManaged(f"the file belongs to a table of {managed}")
        tree = schema.build(found.schema)
        from workflow.scrub.parquet.graft import graft  # noqa: PLC0415 - it loads pyarrow

        graft(source, sink, plan, footer=found, schema=tree)
