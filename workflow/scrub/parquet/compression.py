"""The compression codecs of Parquet pages, by their number in the footer.

Codec 5, the old LZ4, is framed as Hadoop does it: big-endian sizes (whole, block) before each
block. Some writers put a bare block there instead; as Arrow does, we try the one, then the other.

Source: Compression.md of apache/parquet-format.
"""

from __future__ import annotations

import pyarrow as pa

from workflow.errors import MalformedData, UnsupportedCompression

UNCOMPRESSED, SNAPPY, GZIP, LZO, BROTLI, LZ4, ZSTD, LZ4_RAW = range(8)

Bytes = bytes | memoryview

_NAMES = {SNAPPY: "snappy", GZIP: "gzip", BROTLI: "brotli", LZ4: "lz4_raw", ZSTD: "zstd"}
_NAMES[LZ4_RAW] = "lz4_raw"
# Fixed, so that the output is a function of input and policy alone.
_LEVELS = {GZIP: 6, BROTLI: 8, ZSTD: 3}
_FRAME = 8


class Codec:
    """Compresses and decompresses the bodies of pages.

    Args:
        number: The codec's number in the footer.
    """

    def __init__(self, number: int) -> None:
        """Refuse what we cannot write again."""
        self.number = number
        if number == UNCOMPRESSED:
            return
        if number not in _NAMES:
            name = "LZO" if number == LZO else f"number {number}"
            raise UnsupportedCompression(f"a selected column is compressed with codec {name}")
        self._codec = pa.Codec(_NAMES[number], compression_level=_LEVELS.get(number))

    def decompress(self, data: memoryview, size: int) -> memoryview:
        """Return the ``size`` bytes that the data holds.

        Raises:
            MalformedData: It holds something else.
        """
        if self.number == UNCOMPRESSED:
            plain = data
        elif self.number == LZ4:
            plain = self._old_lz4(data, size)
        else:
            plain = self._block(data, size)
        if len(plain) != size:
            raise MalformedData("a Parquet page has another size than its header says")
        return plain

    def compress(self, data: Bytes) -> tuple[Bytes, ...]:
        """Return the data compressed, in parts; the data itself where there is nothing to do."""
        if self.number == UNCOMPRESSED:
            return (data,)
        # As a buffer: bytes would be there twice while they are made.
        block = memoryview(self._codec.compress(data)).cast("B")
        if self.number == LZ4:
            return (len(data).to_bytes(4, "big") + len(block).to_bytes(4, "big"), block)
        return (block,)

    def _block(self, data: memoryview, size: int) -> memoryview:
        if not size:
            return memoryview(b"")
        try:
            # Arrow's buffers are of signed bytes.
            return memoryview(self._codec.decompress(pa.py_buffer(data), size)).cast("B")
        except (pa.ArrowException, OSError, ValueError, MemoryError):
            raise MalformedData("a Parquet page cannot be decompressed") from None

    def _old_lz4(self, data: memoryview, size: int) -> memoryview:
        parts: list[memoryview] = []
        at, left = 0, size
        while at + _FRAME <= len(data):
            whole = int.from_bytes(data[at : at + 4], "big")
            block = int.from_bytes(data[at + 4 : at + _FRAME], "big")
            at += _FRAME
            if block > len(data) - at or whole > left:
                return self._block(data, size)
            parts.append(self._block(data[at : at + block], whole))
            at, left = at + block, left - whole
        return memoryview(b"".join(parts)) if not left else self._block(data, size)
