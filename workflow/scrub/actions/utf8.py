"""Long texts as the bytes of their UTF-8, block by block: never a second time as Python's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK: Final = 1 << 20
# What every character has one of: a byte that continues none.
_CONTINUE: Final = bytes(range(0x80, 0xC0))


def length(value: memoryview) -> int:
    """Return the number of characters."""
    return sum(map(_characters, _blocks(value)))


def first(value: memoryview, count: int) -> memoryview:
    """Return the first characters, or all if there are no more."""
    at = 0
    for block in _blocks(value):
        found = _characters(block)
        if found > count:
            return value[: at + _end(block, count)]
        at, count = at + len(block), count - found
    return value


def after(value: memoryview, count: int) -> memoryview:
    """Return what comes after the first characters."""
    return value[len(first(value, count)) :]


def between(value: memoryview, sign: bytes) -> Iterator[memoryview]:
    """Yield what stands before, between and behind the occurrences of a sign."""
    end = 0
    for match in re.finditer(re.escape(sign), value):
        yield value[end : match.start()]
        end = match.end()
    yield value[end:]


def repeated(
    char: bytes, count: int, before: memoryview | bytes = b"", after: memoryview | bytes = b""
) -> bytearray:
    """Return a character so many times, between two others."""
    out = bytearray(before)
    for done in range(0, count, _BLOCK):
        out += char * min(_BLOCK, count - done)
    out += after
    return out


def _blocks(value: memoryview) -> Iterator[bytes]:
    return (bytes(value[at : at + _BLOCK]) for at in range(0, len(value), _BLOCK))


def _characters(block: bytes) -> int:
    """Return how many characters start in a block."""
    return len(block.translate(None, _CONTINUE))


def _end(block: bytes, count: int) -> int:
    """Return where the next character starts after so many that start in a block."""
    # Of a character that goes on over the block's end only its start counts here.
    rest = block.lstrip(_CONTINUE)
    text = rest.decode("utf-8", "ignore")
    return len(block) - len(rest) + len(text[:count].encode())
