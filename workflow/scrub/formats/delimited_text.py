"""CSV and TSV by RFC 4180: quotes, doubled quotes, line ends and delimiters inside quotes.

Records are scrubbed in blocks. Blank lines are no rows and stay (but in a file of one column, where
they are empty values).
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from workflow.scrub.delimited.blocks import record_blocks
from workflow.scrub.delimited.fields import Quotes
from workflow.scrub.delimited.table import Table
from workflow.scrub.formats.base import TextFormat
from workflow.scrub.native.records import end_finder
from workflow.scrub.plan import Plan


class Csv(TextFormat):
    """Fields between commas."""

    name: ClassVar[str] = "csv"
    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    delimiter: ClassVar[str] = ","

    @classmethod
    def sniff(cls, head: bytes) -> bool:
        """Tell whether the first line is text with delimiters in it."""
        line = head.split(b"\n", 1)[0].removesuffix(b"\r")
        try:
            text = line.decode()
            return cls.delimiter in text and text.replace("\t", " ").isprintable()
        except UnicodeDecodeError:
            return False

    def rewrite(self, chunks: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
        """Yield the scrubbed records; a row that goes takes its line end with it."""
        delimiter = (plan.options.csv.delimiter or self.delimiter).encode()
        quotes = Quotes(delimiter)
        table = Table(plan, delimiter, quotes)
        find_end = (end_finder(delimiter) if plan.native else None) or quotes.last_record_end
        for block in record_blocks(chunks, find_end):
            yield table.scrub(block)


class Tsv(Csv):
    """Fields between tabs."""

    name: ClassVar[str] = "tsv"
    suffixes: ClassVar[tuple[str, ...]] = (".tsv", ".tab")
    delimiter: ClassVar[str] = "\t"
