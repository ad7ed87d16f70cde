"""Repeats of groups in regular expressions that never go back: linear in time and in memory."""

import sys
from typing import Final

_POSSESSIVE_WORKS: Final = sys.version_info >= (3, 11, 4)


def repeat(group: bytes) -> bytes:
    """Return a pattern for a group any number of times, without a way back.

    A possessive repeat remembers nothing of its turns. Before Python 3.11.4, though, it stays where
    its last, failed turn had come to; there an atomic group does the same, but needs some fifty
    bytes of memory for each turn, which a text of many million escapes would feel.
    """
    if _POSSESSIVE_WORKS:
        return b"(?:" + group + b")*" + b"+"
    return b"(?>(?:" + group + b")*)"
