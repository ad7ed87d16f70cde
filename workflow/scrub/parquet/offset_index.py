"""The offset index of a chunk: where its pages stand.

There may be hundreds of thousands of pages, and a struct in memory takes ten times its bytes: the
structs of the pages are made one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.scrub.parquet import compact
from workflow.scrub.parquet.compact import Struct
from workflow.scrub.parquet.fields import Offsets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.compression import Bytes

_Location = tuple[int, int, int]


def encode(start: int, locations: list[_Location]) -> bytes:
    """Encode an offset index.

    Args:
        start: Where the chunk stands in the file.
        locations: (offset in the chunk, size, rows) of each data page.
    """
    index = Struct()
    index.set_sequence(Offsets.PAGES, compact.STRUCT, _Written(start, locations))
    return compact.encode(index)


def shifted(data: bytes, by: int, *, base: int) -> Bytes:
    """Return an offset index whose pages stand elsewhere.

    Args:
        data: The offset index.
        by: How far its pages moved.
        base: Where it stands in the file, for the errors' positions.

    Raises:
        MalformedData: It is none.
    """
    opened = compact.open_list(data, Offsets.PAGES, base=base)
    if opened is None:
        # An unusual order of fields, or no pages.
        index, _end = compact.decode(data, base=base)
        for location in index.sequence(Offsets.PAGES, compact.STRUCT):
            _move(location, by)
        return compact.encode(index)
    count, at = opened
    moved = bytearray(data[:at])
    for _ in range(count):
        location, at = compact.decode(data, at, base=base)
        _move(location, by)
        moved += compact.encode(location)
    # What follows is other fields, and the end.
    _rest, end = compact.decode(data, at, base=base)
    moved += data[at:end]
    return memoryview(moved)


def _move(location: Struct, by: int) -> None:
    location.set_number(Offsets.OFFSET, location.needed(Offsets.OFFSET, "offset") + by)


@dataclass(frozen=True, slots=True)
class _Written:
    start: int
    locations: list[_Location]

    def __len__(self) -> int:
        return len(self.locations)

    def __iter__(self) -> Iterator[Struct]:
        row = 0
        for offset, size, rows in self.locations:
            location = Struct()
            location.set_number(Offsets.OFFSET, self.start + offset)
            location.set_number(Offsets.SIZE, size, kind=compact.I32)
            location.set_number(Offsets.FIRST_ROW, row)
            yield location
            row += rows
