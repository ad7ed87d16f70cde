"""Names of selected fields, as they are looked for in the bytes of many rows."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final, Protocol, cast

from ahocorasick_rs import BytesAhoCorasick

from workflow.scrub.selector import EACH, Selector

_LARGE: Final = 4 * 1024 * 1024
_MARKS: Final = (b': "', b':"')


class Name:
    """The last name in a selector.

    Found by a search for which the library is made, but with a single word: many times faster than
    one call of `bytes.find` for each place.

    Args:
        selector: The selector; its last name has nothing to escape.

    Attributes:
        key: The name with its quotes.
    """

    def __init__(self, selector: Selector) -> None:
        """Prepare the search."""
        last = next(step for step in reversed(selector.steps) if step is not EACH)
        self.key = b'"%s"' % str(last).encode()
        self._search = BytesAhoCorasick([self.key]).find_matches_as_indexes

    def ends(self, block: bytes, wanted: int) -> list[int] | None:
        """Return where each occurrence ends, None if there are not so many.

        In valid JSON no two overlap: the quote that they shared would have text on both sides.
        """
        if len(block) > _LARGE and self.count(block) != wanted:
            return None
        found = self._search(block)
        return [end for _, _, end in found] if len(found) == wanted else None

    def count(self, block: bytes) -> int:
        """Return how often it occurs."""
        # A long row of values that look like the name would take forty times its size.
        return block.count(self.key) if len(block) > _LARGE else len(self._search(block))


def lead(block: bytes, end: int) -> int:
    """Return how many bytes stand between a name that ends there and a text, if it is spaced well.

    Most writers put one space behind the colon or none.
    """
    return len(_MARKS[not block.startswith(_MARKS[0], end)]) - 1


class Search(Protocol):
    """What we use of a compiled pattern."""

    def search(self, text: bytes) -> object | None:
        """Find the pattern anywhere in the bytes."""
        ...


class Spelling:
    """How the names in a block are spelled.

    Texts can go before that is known, since they hold no names: then what is left tells it, which
    is quicker. Any other value could take a name away, so before one goes, the input is asked.

    Args:
        escapes: Finds what may be an escaped letter of a name.
        block: The block before anything is replaced.

    Attributes:
        are_known: Whether the input was asked.
    """

    def __init__(self, escapes: Search, block: bytes) -> None:
        """Ask nothing yet."""
        self._escapes = escapes
        self._block = block
        self.are_known = False

    @cached_property
    def are_plain(self) -> bool:
        """Whether no name is written with an escape in the input."""
        self.are_known = True
        return not self._found(self._block)

    def may_be_escaped_in(self, rest: bytes) -> bool:
        """Tell whether one may be written with an escape, from what is left of the input."""
        return not self.are_known and self._found(rest)

    def _found(self, block: bytes) -> bool:
        return b"\\" in block and self._escapes.search(block) is not None


def escapes_of(keys: Iterable[bytes]) -> Search:
    r"""Return what finds each escape of a letter of the names, and little more.

    Of the code's two digits only the first is looked at. An escaped backslash with `u00` behind it
    is found as well.
    """
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - only this loop pays for it

    digits = "".join(sorted({f"{letter >> 4:x}" for key in keys for letter in key}))
    return cast("Search", re2.compile(rf"\\u00[{digits}]".encode()))
