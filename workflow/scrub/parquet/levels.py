"""Levels and dictionary indices: Parquet's hybrid of run lengths and bit packing.

Strategy: a sequence of small numbers is held as bytes, one each (levels) or in lanes of 1, 2 or 4
bytes (indices). Eight numbers of ``width`` bits fill ``width`` whole bytes, so packing is three
shift-and-mask steps over one large integer, then strided copies that take the padding bytes out;
unpacking is the way back. All steps run in C, without NumPy, which would double the size of a
Lambda bundle.

What we write is either runs or one packed stretch, whichever is smaller. What we read may mix.

Source: Encodings.md of apache/parquet-format, "Run Length Encoding / Bit-Packing Hybrid" and
"Bit-packed (Deprecated)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workflow.errors import MalformedData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.compression import Bytes

_GROUP = 8
_BLOCK = 1 << 16
_VARINT_BITS = 35


class Run(NamedTuple):
    """A stretch of numbers: packed bytes, or (where that is None) one number repeated."""

    length: int
    number: int
    packed: bytes | None


def width_of(highest: int) -> int:
    """Return the bits that numbers up to the highest take."""
    return highest.bit_length()


def runs(data: Bytes, width: int, count: int) -> Iterator[Run]:
    """Yield the runs of a hybrid sequence of ``count`` numbers; a long packed one in parts.

    Raises:
        MalformedData: The data ends too early.
    """
    at, size = 0, (width + 7) // 8
    while count > 0:
        header, at = _header(data, at)
        if header & 1:
            end = at + (header >> 1) * width
            length = min(count, (header >> 1) * _GROUP)
            # A writer may cut the padding of the last group.
            if at + (length * width + 7) // 8 > len(data) or not length:
                raise MalformedData("a level or index of a Parquet page is cut off")
            yield from _packed_runs(data, at, width, length)
        else:
            end = at + size
            length = min(count, header >> 1)
            if end > len(data) or not length:
                raise MalformedData("a level or index of a Parquet page is cut off")
            yield Run(length, int.from_bytes(data[at:end], "little"), None)
        at = end
        count -= length


def _packed_runs(data: Bytes, at: int, width: int, count: int) -> Iterator[Run]:
    step = _BLOCK // _GROUP * width
    for start in range(0, count, _BLOCK):
        length = min(_BLOCK, count - start)
        yield Run(length, 0, bytes(data[at : at + (length * width + 7) // 8]))
        at += step


def count_equal(data: Bytes, width: int, count: int, number: int) -> int:
    """Count how often a number stands in a hybrid sequence."""
    total = 0
    for run in runs(data, width, count):
        if run.packed is None:
            total += run.length if run.number == number else 0
        else:
            total += _packed_equal(run.packed, width, run.length, number)
    return total


def decode(data: Bytes, width: int, count: int, lane: int = 1) -> Iterator[bytes]:
    """Yield the numbers of a hybrid sequence in blocks, each in a lane of so many bytes."""
    for run in runs(data, width, count):
        if run.packed is not None:
            yield _unpack(run.packed, lane * _GROUP, width)[: run.length * lane]
            continue
        if run.number >> (lane * _GROUP):
            raise MalformedData("a level of a Parquet page is out of range")
        for start in range(0, run.length, _BLOCK):
            yield run.number.to_bytes(lane, "little") * min(_BLOCK, run.length - start)


def decode_deprecated(data: Bytes, width: int, count: int) -> Iterator[bytes]:
    """Yield the numbers of a BIT_PACKED sequence in blocks: no runs, the highest bit first."""
    for start in range(0, count, _BLOCK):
        length = min(_BLOCK, count - start)
        at, size = start // _GROUP * width, (width * length + 7) // 8
        bits = f"{int.from_bytes(data[at : at + size], 'big'):0{size * 8}b}"
        yield bytes(int(bits[at : at + width], 2) for at in range(0, width * length, width))


def encode_run(number: int, width: int, count: int) -> bytes:
    """Encode one number repeated."""
    return _varint(count << 1) + number.to_bytes((width + 7) // 8, "little") if count else b""


def encode_packed(lanes: bytes, lane: int, width: int) -> bytes:
    """Encode numbers that stand in lanes of ``lane`` bytes (1, 2 or 4) as one packed stretch."""
    groups = -(-len(lanes) // (lane * _GROUP))
    out = bytearray(_varint(groups << 1 | 1))
    step = _BLOCK * lane
    for start in range(0, len(lanes), step):
        out += _pack(lanes[start : start + step], lane * _GROUP, width)
    return bytes(out)


def _pack(lanes: bytes, bits: int, width: int) -> bytes:
    """Pack lanes of ``bits`` bits; eight lanes are ``bits`` bytes, and become ``width`` bytes."""
    groups = -(-len(lanes) // bits)
    number = int.from_bytes(lanes, "little")
    for step in range(3):
        lane, filled = bits << step, width << step
        low = _mask(filled, lane * 2, groups * (4 >> step))
        number = (number & low) | (number >> (lane - filled) & (low << filled))
    wide = number.to_bytes(groups * bits, "little")
    out = bytearray(groups * width)
    for byte in range(width):
        out[byte::width] = wide[byte::bits]
    return bytes(out)


def _unpack(packed: bytes, bits: int, width: int) -> bytes:
    """Give numbers of ``width`` bits lanes of ``bits`` bits, the way back from `_pack`."""
    groups = -(-len(packed) // width) if width else _BLOCK // _GROUP
    packed = packed.ljust(groups * width, b"\0")
    wide = bytearray(groups * bits)
    for byte in range(width):
        wide[byte::bits] = packed[byte::width]
    number = int.from_bytes(wide, "little")
    for step in (2, 1, 0):
        lane, filled = bits << step, width << step
        low = _mask(filled, lane * 2, groups * (4 >> step))
        number = (number & low) | (number & (low << filled)) << (lane - filled)
    return number.to_bytes(groups * bits, "little")


def _mask(ones: int, every: int, times: int) -> int:
    """Return an integer with so many low bits set in every so many bits."""
    return int.from_bytes(((1 << ones) - 1).to_bytes(every // 8, "little") * times, "little")


def _packed_equal(packed: bytes, width: int, count: int, number: int) -> int:
    bits = width * count
    lanes = int.from_bytes(packed, "little") & ((1 << bits) - 1)
    if width == 1:
        ones = lanes.bit_count()
        return ones if number else count - ones
    low = int.from_bytes(_pack(b"\1" * _up(count), _GROUP, width), "little") & ((1 << bits) - 1)
    lanes ^= low * number
    for shift in range(1, width):
        lanes |= (lanes >> shift) & low
    return count - (lanes & low).bit_count()


def _up(count: int) -> int:
    return -(-count // _GROUP) * _GROUP


def _header(data: Bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        if at >= len(data) or shift > _VARINT_BITS:
            raise MalformedData("a level or index of a Parquet page is cut off")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:  # noqa: PLR2004
            return value, at
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
