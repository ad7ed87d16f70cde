"""What a format is, and how a new one plugs in: one class, one entry in `FORMATS`.

Text formats (`TextFormat`) are streams: `scrub()` takes the compression and the encoding off,
hands over chunks of UTF-8 of any length, and puts both back on around what the format yields.
Chunk boundaries mean nothing; a format holds back what is not yet a whole row.

Formats with a layout of their own (`FileFormat`: Parquet) get the seekable source and the sink as
they are, and know their own compression.

Both select with `plan.tree`, ask `plan.rules[i].action` (see `workflow.scrub.actions.base` for
which method answers for which type), and count:

- `plan.rows` and `plan.dropped` for rows read and rows taken out by `plan.row_test`;
- `plan.rules[i].tally.matched / changed / nulled` for each value in the rows that are kept;
- `plan.absent(i)` for each kept row in which rule i selected nothing (a columnar format whose
  schema lacks the field adds the number of rows to `tally.absent` itself, after one call).

Errors are of `workflow.errors` and name rows, offsets and fields, never values.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import BinaryIO, ClassVar, Protocol

from workflow.scrub.plan import Plan


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""
        ...


class Format(ABC):
    """A format of objects.

    Attributes:
        name: Its name in the policy.
        suffixes: Ends of object names, lower case, without the suffix of a compression.
    """

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def sniff(cls, head: bytes) -> bool:  # noqa: ARG003 - most formats have no sign
        """Tell whether an object that starts like this is of this format."""
        return False


class TextFormat(Format):
    """A format that is a stream of text."""

    @abstractmethod
    def rewrite(self, chunks: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
        """Yield the scrubbed text of chunks of UTF-8 text (a BOM is already taken off).

        Raises:
            PermanentError: The text is not of the format, or does not fit the rules.
        """


class FileFormat(Format):
    """A format that must be read out of order."""

    @abstractmethod
    def rewrite(self, source: BinaryIO, sink: Sink, plan: Plan, *, name: str) -> None:
        """Write the scrubbed file to the sink; the source is seekable and at its start.

        Raises:
            PermanentError: The file is not of the format, or does not fit the rules.
        """
