"""The Glue crawler on one machine: lists the lake, infers tables, writes them to the catalog.

The emulator's crawler changes its state and infers nothing, which would hide that a table was
never registered. Names, types, SerDes and partitions are those that AWS Glue gives.
"""

from workflow.local.crawler.service import CrawlerService

__all__ = ["CrawlerService"]
