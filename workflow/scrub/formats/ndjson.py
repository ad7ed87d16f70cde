"""NDJSON: one JSON text a line. Blank lines are no rows and stay."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from workflow.scrub.formats.base import TextFormat
from workflow.scrub.jsontext.batches import BatchScrubber
from workflow.scrub.jsontext.strict import Fault, check_json
from workflow.scrub.lines import line_blocks
from workflow.scrub.plan import Plan

_WHOLE_HEAD: Final = 4096


class Ndjson(TextFormat):
    """Rows in lines."""

    name: ClassVar[str] = "ndjson"
    suffixes: ClassVar[tuple[str, ...]] = (".ndjson", ".jsonl", ".jsonlines")

    @classmethod
    def sniff(cls, head: bytes) -> bool:
        """Tell whether the first line that is not blank is an object, or there is none.

        A line that does not end in the head is taken for one.
        """
        line, line_end, _ = head.lstrip(b" \t\r\n").partition(b"\n")
        if not line.startswith(b"{"):
            return not line
        try:
            check_json(line)
        except Fault:
            return not line_end and len(head) >= _WHOLE_HEAD
        return True

    def rewrite(self, chunks: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
        """Yield the scrubbed lines; a row that goes takes its line end with it."""
        scrubber = BatchScrubber(plan)
        offset = 0
        for block in line_blocks(chunks):
            yield scrubber.scrub_lines(block, offset)
            offset += len(block)
