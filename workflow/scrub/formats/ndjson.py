"""NDJSON: one JSON text a line. Blank lines are no rows and stay."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from workflow.scrub.formats.base import TextFormat
from workflow.scrub.formats.lines import line_blocks, split_lines
from workflow.scrub.jsontext.rows import RowScrubber
from workflow.scrub.plan import Plan


class Ndjson(TextFormat):
    """Rows in lines."""

    name: ClassVar[str] = "ndjson"
    suffixes: ClassVar[tuple[str, ...]] = (".ndjson", ".jsonl", ".jsonlines")

    def rewrite(self, chunks: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
        """Yield the scrubbed lines; a row that goes takes its line end with it."""
        scrubber = RowScrubber(plan)
        offset = 0
        for block in line_blocks(chunks):
            lines = []
            for line in split_lines(block):
                new = scrubber.scrub(line, offset) if line.strip(b" \t\r\n") else line
                if new is not None:
                    lines.append(new)
                offset += len(line)
            yield b"".join(lines)
