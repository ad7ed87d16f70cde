"""Text into blocks of whole records, by RFC 4180: a line end inside quotes is content."""

from collections.abc import Callable, Iterable, Iterator

from workflow.scrub.lines import MAX_ROW, check_row_size


def record_blocks(
    chunks: Iterable[bytes], last_record_end: Callable[[bytes], int]
) -> Iterator[bytes]:
    """Yield blocks that end behind a record's line end, the last one perhaps not.

    Args:
        chunks: The text.
        last_record_end: Finds the end of the last whole record, 0 if there is none.

    Raises:
        ObjectTooLarge: A record is longer than a row may be.
    """
    held: list[bytes] = []
    size = wanted = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        # A record that does not end is searched again only when the text has doubled.
        if size < wanted:
            continue
        text = b"".join(held)
        end = last_record_end(text)
        if end:
            yield text[:end]
            text = text[end:]
        held, size = [text], check_row_size(len(text))
        wanted = 0 if end else min(2 * size, MAX_ROW)
    text = b"".join(held)
    if text:
        yield text
