"""The native core, where it has been built: what its functions are called with.

The types mirror `rows.h`, which says what each field means.
"""

import ctypes as c
import hashlib
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final

INTERFACE: Final = 3
"""What we know how to call; `LAKESCRUB_INTERFACE` in `rows.h`."""

NONE: Final = 0xFFFFFFFF
IMPOSSIBLE: Final = 0xFFFFFFFFFFFFFFFF
DONE, NOT_SURE, NO_ROOM = 0, 1, 2


class Layout(IntEnum):
    """How rows follow one another."""

    LINES = 0
    ELEMENTS = 1
    DOCUMENT = 2


FOLDER: Final = Path(__file__).parent
FILE_NAME: Final = "rows.native"
"""What the library is called on every system; not as an extension module of Python is."""


class Place(c.Structure):
    """A place in the tree of selectors."""

    _fields_ = (
        ("first", c.c_uint32),
        ("count", c.c_uint32),
        ("lengths", c.c_uint64),
        ("each", c.c_uint32),
        ("rule", c.c_uint32),
        ("removes", c.c_uint32),
        ("unused", c.c_uint32),
    )


class Name(c.Structure):
    """The name of a member, and the place that it leads to."""

    _fields_ = (("bytes", c.c_char_p), ("size", c.c_uint32), ("place", c.c_uint32))


class Tree(c.Structure):
    """The selectors."""

    _fields_ = (
        ("places", c.POINTER(Place)),
        ("names", c.POINTER(Name)),
        ("folds", c.c_uint32),
        ("unused", c.c_uint32),
    )


class Column(c.Structure):
    """A column of a table."""

    _fields_ = (("rule", c.c_uint32), ("removes", c.c_uint16), ("is_leading", c.c_uint16))


class Table(c.Structure):
    """The columns of a table."""

    _fields_ = (("columns", c.POINTER(Column)), ("width", c.c_uint32), ("delimiter", c.c_uint32))


class Edit(c.Structure):
    """Bytes that something else takes the place of."""

    _fields_ = (
        ("start", c.c_uint32),
        ("end", c.c_uint32),
        ("rule", c.c_uint32),
        ("row", c.c_uint32),
    )


class RuleTally(c.Structure):
    """What is counted for a rule."""

    _fields_ = (
        ("matched", c.c_uint64),
        ("rows", c.c_uint64),
        ("texts", c.c_uint64),
        ("escaped", c.c_uint64),
        ("size", c.c_uint64),
        ("last_row", c.c_uint64),
    )


class Found(c.Structure):
    """What a scan found."""

    _fields_ = (
        ("edits", c.POINTER(Edit)),
        ("room", c.c_uint64),
        ("count", c.c_uint64),
        ("rows", c.c_uint64),
        ("tallies", c.POINTER(RuleTally)),
        ("goes", c.c_char_p),
        ("goes_size", c.c_uint64),
    )


class Source(c.Structure):
    """What takes the place of a rule's matches."""

    _fields_ = (
        ("bytes", c.c_char_p),
        ("size", c.c_uint64),
        ("sizes", c.POINTER(c.c_uint32)),
        ("changed", c.c_uint64),
    )


def sources() -> list[Path]:
    """Return the C files, headers among them."""
    return sorted([*FOLDER.glob("*.c"), *FOLDER.glob("*.h")])


def sources_digest() -> str:
    """Return the SHA-256 of the C files, which a library tells of itself."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def load(path: Path = FOLDER / FILE_NAME) -> c.CDLL | None:
    """Return the library, None where it was not built for this machine from these sources."""
    try:
        library = c.CDLL(str(path))
        library.lakescrub_sources.restype = c.c_char_p
        known = library.lakescrub_interface() == INTERFACE
        if not known or library.lakescrub_sources() != sources_digest().encode():
            return None
        _declare(library)
    except (OSError, AttributeError):
        return None
    return library


def _declare(library: c.CDLL) -> None:
    text, size, found = c.c_char_p, c.c_uint64, c.POINTER(Found)
    library.lakescrub_scan.argtypes = [text, size, c.c_uint32, c.POINTER(Tree), found]
    library.lakescrub_scan_records.argtypes = [text, size, c.POINTER(Table), found]
    library.lakescrub_last_record_end.argtypes = [text, size, c.c_uint32]
    library.lakescrub_last_record_end.restype = size
    library.lakescrub_gather.argtypes = [text, found, c.c_uint32, c.c_void_p]
    library.lakescrub_gather.restype = size
    library.lakescrub_assemble.argtypes = [text, size, found, c.POINTER(Source), c.c_void_p]
    library.lakescrub_assemble.restype = size
