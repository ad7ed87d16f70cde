"""Text into blocks of whole records, by RFC 4180.

A line end inside quotes is content. Whether a place is inside quotes is told by the parity of the
quotes before it, for doubled quotes count twice. A quote in the middle of an unquoted field, which
would mislead this, is refused when the fields of the block are read.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from workflow.scrub.lines import check_row_size

_QUOTE: Final = b'"'
_LINE_END: Final = b"\n"


def record_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks that end behind a record's line end, the last one perhaps not.

    Raises:
        ObjectTooLarge: A record is longer than a row may be.
    """
    held: list[bytes] = []
    size = wanted = 0
    for chunk in chunks:
        held.append(chunk)
        size = check_row_size(size + len(chunk))
        # A record that does not end is searched again only when the text has doubled.
        if size < wanted:
            continue
        text = b"".join(held)
        end = _last_record_end(text)
        if end:
            yield text[:end]
            text = text[end:]
        held, size = [text], len(text)
        wanted = 0 if end else 2 * size
    text = b"".join(held)
    if text:
        yield text


def _last_record_end(text: bytes) -> int:
    """Return the position behind the last line end that is outside quotes, 0 if there is none."""
    end = text.rfind(_LINE_END) + 1
    if _QUOTE not in text:
        return end
    inside = text.count(_QUOTE, 0, end) % 2
    while inside and end:
        # Between this line end and the quote before it all is inside, before the quote outside.
        quote = text.rfind(_QUOTE, 0, end)
        end = text.rfind(_LINE_END, 0, quote) + 1
        inside = text.count(_QUOTE, end, quote) % 2
    return end
