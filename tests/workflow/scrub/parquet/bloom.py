"""Parquet's split block bloom filter, written down from BloomFilter.md of parquet-format."""

from dataclasses import dataclass

from workflow.scrub.parquet import compact

_MASK = (1 << 64) - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_SALT = (
    0x47B6137B,
    0x44974D91,
    0x8824AD5B,
    0xA2B7289D,
    0x705495C7,
    0x2DF1424B,
    0x9EFC4947,
    0x5C6BFB31,
)


@dataclass(frozen=True)
class BloomFilter:
    """The bits of a filter."""

    bits: bytes

    @classmethod
    def read(cls, data):
        header, end = compact.decode(data)
        return cls(data[end : end + header.needed(1, "size")])

    def may_hold(self, value):
        found = xxhash(value)
        block = ((found >> 32) * (len(self.bits) // 32)) >> 32
        for word, salt in enumerate(_SALT):
            bit = ((found & 0xFFFFFFFF) * salt & 0xFFFFFFFF) >> 27
            start = block * 32 + word * 4
            if not int.from_bytes(self.bits[start : start + 4], "little") >> bit & 1:
                return False
        return True


def xxhash(data):
    """XXH64 with seed 0 of up to 31 bytes: the stripes of longer inputs are left out."""
    assert len(data) < 32
    state, at = (_P5 + len(data)) & _MASK, 0
    while at + 8 <= len(data):
        lane = int.from_bytes(data[at : at + 8], "little")
        lane = _rotate(lane * _P2 & _MASK, 31) * _P1 & _MASK
        state = (_rotate(state ^ lane, 27) * _P1 + _P4) & _MASK
        at += 8
    if at + 4 <= len(data):
        lane = int.from_bytes(data[at : at + 4], "little") * _P1 & _MASK
        state = (_rotate(state ^ lane, 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        state = _rotate(state ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    state = (state ^ state >> 33) * _P2 & _MASK
    state = (state ^ state >> 29) * _P3 & _MASK
    return state ^ state >> 32


def _rotate(value, by):
    return (value << by | value >> (64 - by)) & _MASK
