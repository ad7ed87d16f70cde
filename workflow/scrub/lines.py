"""Chunks of any length into blocks of whole lines."""

from collections.abc import Iterable, Iterator
from typing import Final

from workflow.errors import ObjectTooLarge

MAX_ROW: Final = 64 * 1024 * 1024
"""Bytes of one row; what keeps the memory bounded."""


def line_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks that end with a line feed, the last one perhaps not.

    A long line is collected in pieces and joined once, so that its cost stays linear.

    Raises:
        ObjectTooLarge: A line is longer than `MAX_ROW`.
    """
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join((*held, memoryview(chunk)[:end]))
            held, size = [], 0
            chunk = chunk[end:]  # noqa: PLW2901 - the rest is the chunk now
        if chunk:
            held.append(chunk)
            size = check_row_size(size + len(chunk))
    if held:
        yield b"".join(held)


def check_row_size(size: int) -> int:
    """Return the size, if a row may have it.

    Raises:
        ObjectTooLarge: It is longer than `MAX_ROW`.
    """
    if size > MAX_ROW:
        raise ObjectTooLarge(f"a row is longer than {MAX_ROW} bytes")
    return size


def halve(block: bytes) -> tuple[bytes, bytes]:
    """Return two parts of a block, cut at the line end nearest behind its middle."""
    cut = block.find(b"\n", len(block) // 2) + 1
    return (block[:cut], block[cut:]) if cut else (block, b"")


def split_lines(block: bytes) -> list[bytes]:
    """Return the lines of a block, each with its line feed (and nothing else is a line end)."""
    lines = [line + b"\n" for line in block.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
