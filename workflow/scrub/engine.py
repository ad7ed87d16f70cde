"""One object through the engine.

Bytes come from a source in chunks, lose their compression and encoding, are scrubbed by their
format, get both back, and go to a sink, counted and hashed on either side. Nothing is opened,
closed or seeked (but for formats with a layout of their own), and at no time is more held than one
chunk, one row and the codec's window. On an error the sink holds garbage, and the caller throws it
away: an object is scrubbed whole or not at all.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO, Final

from workflow.errors import UsageError
from workflow.scrub.compression import Codec, recognise
from workflow.scrub.detection import find_format
from workflow.scrub.encoding import MARK_SIZE, Encoding
from workflow.scrub.formats import FORMATS, FileFormat, Format, Parquet, TextFormat
from workflow.scrub.formats.base import Sink
from workflow.scrub.plan import Plan, Trace, bind
from workflow.scrub.report import ScrubReport
from workflow.scrub.rules import Rule, ScrubOptions
from workflow.scrub.streams import Intake, Outlet, checksum_worker

HEAD: Final = 1024 * 1024
"""Bytes of an object that tell its compression and its format: more than a block of bzip2."""


def scrub(
    source: BinaryIO,
    sink: Sink | None,
    *,
    rules: Sequence[Rule],
    format: str = "auto",  # noqa: A002 - the policy's own word
    name: str = "",
    options: ScrubOptions | None = None,
    trace: Callable[[Trace], None] | None = None,
    native: bool = True,
) -> ScrubReport:
    """Scrub one object.

    Args:
        source: What to read; seekable for Parquet.
        sink: Where the scrubbed bytes go; None counts what would change and writes nothing.
        rules: The rules, which `check_rules` has accepted.
        format: A name of `FORMATS`, or auto.
        name: The object's key or file name, for `auto`.
        options: What holds for all rules.
        trace: Called with each selected value before and after. It sees content: for a person at
            a terminal, never for a log.
        native: Whether the native core may be used, if it was built. The bytes are the same.

    Returns:
        What was done.

    Raises:
        PolicyError: Rules overlap.
        PermanentError: The object cannot be scrubbed; what the sink got is worthless.
        UsageError: The format is not a name of `FORMATS`, or a rule's key is missing.
    """
    if format != "auto" and format not in FORMATS:
        raise UsageError(f"unknown format {format!r}; one of {', '.join(('auto', *FORMATS))}")
    plan = bind(rules, options or ScrubOptions(), trace, native=native)
    with checksum_worker() as worker:
        intake, outlet = Intake(source, worker), Outlet(sink, worker)
        codec = recognise(intake.peek(HEAD))
        found = FORMATS.get(format) or _find_format(name, _plain_head(intake, codec), plan)
        engine = found()
        if isinstance(engine, FileFormat):
            _scrub_file(engine, source, outlet, plan, name)
            intake = _read_again(source)
        else:
            assert isinstance(engine, TextFormat)
            _scrub_text(engine, codec, intake, outlet, plan)
        return _report(engine.name, codec.name, plan, intake, outlet)


def _find_format(name: str, head: bytes, plan: Plan) -> type[Format]:
    encoding = plan.options.encoding
    if encoding is not None and not Parquet.sniff(head):
        head = head.decode(encoding, "ignore").encode("utf-8", "ignore")
    return find_format(name, head, arrays=plan.tree.each is not None)


def _report(
    format_name: str, compression: str, plan: Plan, intake: Intake, outlet: Outlet
) -> ScrubReport:
    return ScrubReport(
        format=format_name,
        compression=compression,
        rows=plan.rows,
        rows_dropped=plan.dropped,
        bytes_in=intake.size,
        bytes_out=outlet.size,
        sha256_in=intake.sha256,
        sha256_out=outlet.sha256,
        rules=plan.counts(),
    )


def _scrub_text(
    engine: TextFormat, codec: Codec, intake: Intake, outlet: Outlet, plan: Plan
) -> None:
    head, plain = _peek(codec.unpack(intake.chunks()), MARK_SIZE)
    encoding = Encoding(plan.options.encoding, head)
    scrubbed = engine.rewrite(encoding.decode(plain), plan)
    for chunk in codec.pack(encoding.encode(scrubbed)):
        outlet.write(chunk)


def _scrub_file(
    engine: FileFormat, source: BinaryIO, outlet: Outlet, plan: Plan, name: str
) -> None:
    if not source.seekable():
        raise UsageError(f"a {engine.name} object needs a seekable source")
    source.seek(0)
    engine.rewrite(source, outlet, plan, name=name)


def _read_again(source: BinaryIO) -> Intake:
    """Read a file from its start to its end, for its size and checksum."""
    source.seek(0)
    intake = Intake(source)
    for _ in intake.chunks():
        pass
    return intake


def _plain_head(intake: Intake, codec: Codec) -> bytes:
    """Return the start of the object without compression, used up by nobody."""
    return next(codec.unpack(iter([intake.peek(HEAD)])), b"")


def _peek(chunks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, fewer only at the end, and all chunks."""
    held: list[bytes] = []
    while sum(map(len, held)) < size:
        chunk = next(chunks, None)
        if chunk is None:
            break
        held.append(chunk)
    return b"".join(held)[:size], chain(held, chunks)
