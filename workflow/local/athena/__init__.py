"""Athena on one machine: DuckDB answers over the Glue catalog and the lake's objects.

The emulator's own Athena reads whatever lies under a table's folder and takes the types from the
data. Athena sees only registered tables and partitions, with the types of the catalog, so that a
missing crawl shows. This package restores that; ``docs/athena-differences.md`` lists what it
refuses because DuckDB would answer it otherwise than Athena.
"""

from workflow.local.athena.service import AthenaService

__all__ = ["AthenaService"]
