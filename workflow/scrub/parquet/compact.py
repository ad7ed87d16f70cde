"""A generic codec for Thrift's compact protocol, the encoding of all Parquet metadata.

Strategy: a struct is decoded into a mapping from field id to (wire type, value), whatever its
fields mean, and encoded from there again. So a field that a later version of Parquet adds passes
through unharmed, which no generated class would promise. Nothing is interpreted here.

All input is hostile. A declared length is compared with the bytes that are left before anything
is allocated for it (each element of a list takes at least one byte), nesting stops at
``MAX_DEPTH``, and whatever is wrong is a MalformedData that names no content.

Source of the encoding: thrift/doc/specs/thrift-compact-protocol.md of apache/thrift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.errors import MalformedData
from workflow.scrub.parquet.structs import (
    BINARY,
    DOUBLE,
    FALSE,
    I8,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRUCT,
    TRUE,
    Pairs,
    Sequence,
    Struct,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BINARY", "FALSE", "I32", "I64", "STRUCT", "TRUE", "Struct", "decode", "encode"]

MAX_DEPTH = 32
_SHORT_LIST = 15
_MAX_SHIFT = 63


def decode(data: bytes, start: int = 0, *, base: int = 0) -> tuple[Struct, int]:
    """Decode one struct.

    Args:
        data: Bytes that hold the struct.
        start: Where in the data it starts.
        base: Offset of the data in the file, for the errors' positions.

    Returns:
        The struct and the position after it.
    """
    reader = _Reader(data, start)
    try:
        struct = reader.struct()
    except (IndexError, _Broken):
        raise MalformedData(
            "broken Parquet metadata (Thrift)", offset=base + min(reader.at, len(data))
        ) from None
    return struct, reader.at


def open_list(data: bytes, field: int, *, base: int = 0) -> tuple[int, int] | None:
    """Return how many structs a list holds and where the first starts, to decode one at a time.

    Args:
        data: Bytes that hold the struct whose first field is the list.
        field: The id of that field; None is returned for a struct that starts with another.
        base: Offset of the data in the file, for the errors' positions.
    """
    reader = _Reader(data, 2)
    if data[:1] != bytes((field << 4 | LIST,)) or data[1:2] == b"" or data[1] & 15 != STRUCT:
        return None
    try:
        count = data[1] >> 4 if data[1] >> 4 < _SHORT_LIST else reader.varint()
    except (IndexError, _Broken):
        raise MalformedData("broken Parquet metadata (Thrift)", offset=base) from None
    return count, reader.at


def encode(struct: Struct) -> bytes:
    """Encode one struct, its fields in the order of their ids."""
    out = bytearray()
    _write_struct(struct, out)
    return bytes(out)


class _Broken(Exception):
    """The bytes are no struct; decode() knows the place."""


class _Reader:
    """Reads values at a moving position; IndexError means that the data ended."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.depth = 0
        # By wire type; booleans carry their value in the field's header, so they read nothing.
        self.read: tuple[Callable[[], Any], ...] = (
            self.nothing,
            lambda: True,
            lambda: False,
            self.byte,
            self.integer,
            self.integer,
            self.integer,
            lambda: self.take(8),
            lambda: self.take(self.varint()),
            self.sequence,
            self.sequence,
            self.pairs,
            self.struct,
            self.nothing,
            self.nothing,
            self.nothing,
        )

    def nothing(self) -> None:
        raise _Broken

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def varint(self) -> int:
        data, at = self.data, self.at
        value = data[at]
        at += 1
        if value > 0x7F:  # noqa: PLR2004
            value, shift, more = value & 0x7F, 7, 0x80
            while more & 0x80:
                more = data[at]
                at += 1
                value |= (more & 0x7F) << shift
                shift += 7
            if value >> 64:
                raise _Broken
        self.at = at
        return value

    def integer(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise _Broken
        value = self.data[self.at : end]
        self.at = end
        return value

    def many(self, size: int, element: int) -> list[Any]:
        if size > len(self.data) - self.at:
            raise _Broken
        if element in (TRUE, FALSE):
            return [self.byte() == TRUE for _ in range(size)]
        read = self.read[element]
        self.enter()
        values = [read() for _ in range(size)]
        self.depth -= 1
        return values

    def sequence(self) -> Sequence:
        header = self.byte()
        size = header >> 4
        if size == _SHORT_LIST:
            size = self.varint()
        return Sequence(header & 15, self.many(size, header & 15))

    def pairs(self) -> Pairs:
        size = self.varint()
        if not size:
            return Pairs(0, 0, [])
        kinds = self.byte()
        # Keys and values alternate on the wire.
        if size > len(self.data) - self.at:
            raise _Broken
        self.enter()
        values = [(self.one(kinds >> 4), self.one(kinds & 15)) for _ in range(size)]
        self.depth -= 1
        return Pairs(kinds >> 4, kinds & 15, values)

    def one(self, kind: int) -> Any:
        return self.byte() == TRUE if kind in (TRUE, FALSE) else self.read[kind]()

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Broken

    def struct(self) -> Struct:
        self.enter()
        out, field, read, data = Struct(), 0, self.read, self.data
        while True:
            header = data[self.at]
            self.at += 1
            if not header:
                self.depth -= 1
                return out
            field = field + (header >> 4) if header > 15 else self.integer()  # noqa: PLR2004
            if field in out:
                # Readers differ on which of two wins, so one could hide behind the other.
                raise _Broken
            kind = header & 15
            out[field] = (kind, read[kind]())


def _varint(value: int, out: bytearray) -> None:
    while value > 0x7F:  # noqa: PLR2004
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_integer(value: int, out: bytearray) -> None:
    _varint((value << 1) ^ (value >> _MAX_SHIFT), out)


def _write_binary(value: bytes, out: bytearray) -> None:
    _varint(len(value), out)
    out += value


def _write_double(value: bytes, out: bytearray) -> None:
    out += value


def _write_byte(value: int, out: bytearray) -> None:
    out.append(value)


def _write_flag(value: bool, out: bytearray) -> None:
    out.append(TRUE if value else FALSE)


def _write_sequence(value: Sequence, out: bytearray) -> None:
    size = len(value.items)
    if size < _SHORT_LIST:
        out.append(size << 4 | value.element)
    else:
        out.append(_SHORT_LIST << 4 | value.element)
        _varint(size, out)
    for item in value.items:
        _WRITE[value.element](item, out)


def _write_pairs(value: Pairs, out: bytearray) -> None:
    _varint(len(value.items), out)
    if value.items:
        out.append(value.key << 4 | value.value)
    for key, item in value.items:
        _WRITE[value.key](key, out)
        _WRITE[value.value](item, out)


def _write_struct(struct: Struct, out: bytearray) -> None:
    last = 0
    for field in sorted(struct):
        kind, value = struct[field]
        if kind in (TRUE, FALSE):
            kind = TRUE if value else FALSE
        step = field - last
        if 0 < step <= 15:  # noqa: PLR2004
            out.append(step << 4 | kind)
        else:
            out.append(kind)
            _write_integer(field, out)
        last = field
        if kind > FALSE:
            _WRITE[kind](value, out)
    out.append(0)


_WRITE: dict[int, Callable[[Any, bytearray], None]] = {
    TRUE: _write_flag,
    FALSE: _write_flag,
    I8: _write_byte,
    I16: _write_integer,
    I32: _write_integer,
    I64: _write_integer,
    DOUBLE: _write_double,
    BINARY: _write_binary,
    LIST: _write_sequence,
    SET: _write_sequence,
    MAP: _write_pairs,
    STRUCT: _write_struct,
}
