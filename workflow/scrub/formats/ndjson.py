"""NDJSON: one JSON text a line. Blank lines are no rows and stay."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from workflow.scrub.formats.base import TextFormat
from workflow.scrub.jsontext.batches import BatchScrubber
from workflow.scrub.lines import line_blocks
from workflow.scrub.plan import Plan


class Ndjson(TextFormat):
    """Rows in lines."""

    name: ClassVar[str] = "ndjson"
    suffixes: ClassVar[tuple[str, ...]] = (".ndjson", ".jsonl", ".jsonlines")

    def rewrite(self, chunks: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
        """Yield the scrubbed lines; a row that goes takes its line end with it."""
        scrubber = BatchScrubber(plan)
        offset = 0
        for block in line_blocks(chunks):
            yield scrubber.scrub_lines(block, offset)
            offset += len(block)
