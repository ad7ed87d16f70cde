"""Compression, known by its first bytes, taken off and put back on as streams.

A codec is a pair of generators over chunks. Chunks that come out of a decompressor are bounded, so
that a small object that unpacks to a huge one cannot fill the memory. Levels are fixed and gzip
carries no time stamp: the output is a function of the input.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from workflow.errors import MalformedData, UnsupportedCompression

_PIECE: Final = 256 * 1024
_BOUND: Final = {"max_length": _PIECE}
_GZIP: Final = 31  # zlib's window bits for gzip
_GZIP_LEVEL: Final = 2  # of ISA-L: about 10 % larger than zlib -6, seven times as fast
_BZIP2_LEVEL: Final = 9
_ZSTD_LEVEL: Final = 3
# A zstd block of 4 bytes can stand for 128 KiB; so little input at a time bounds the output.
_ZSTD_FEED: Final = 256

Stream = Callable[[Iterable[bytes]], Iterator[bytes]]


@dataclass(frozen=True)
class Codec:
    """A compression.

    Attributes:
        name: Its name in the report.
        magics: How its streams start, one way or another.
        suffix: How names of its objects end.
        unpack: Takes the compression off.
        pack: Puts the compression on.
    """

    name: str
    magics: tuple[bytes, ...]
    suffix: str
    unpack: Stream
    pack: Stream


def _same(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield from chunks


def _unpack_members(
    chunks: Iterable[bytes],
    *,
    start: Callable[[], Any],
    errors: type[Exception],
    bound: dict[str, int],
) -> Iterator[bytes]:
    """Unpack members that follow one another."""
    member: Any = None
    for chunk in chunks:
        rest = chunk
        while rest:
            member = member or start()
            try:
                yield from _drain(member, rest, bound)
            except errors:
                raise MalformedData("the compressed stream is corrupt") from None
            rest = b""
            if member.eof:
                # Some writers fill up the last block of a tape or a disk with zeros.
                member, rest = None, member.unused_data.lstrip(b"\0")
    if member is not None:
        raise MalformedData("the compressed stream is truncated")


def _drain(member: Any, data: bytes, bound: dict[str, int]) -> Iterator[bytes]:
    """Yield what the data unpacks to, in pieces that are bounded where the library can do so."""
    more = True
    while more:
        piece = member.decompress(data, **bound)
        if piece:
            yield piece
        data = getattr(member, "unconsumed_tail", b"")
        waits = len(piece) == _PIECE or not getattr(member, "needs_input", True)
        more = not member.eof and (bool(data) or waits)


def _unpack_gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    from isal import igzip_lib, isal_zlib  # noqa: PLC0415 - only the codec in use is loaded

    return _unpack_members(
        chunks,
        start=lambda: isal_zlib.decompressobj(_GZIP),
        errors=cast("type[Exception]", igzip_lib.IsalError),
        bound=_BOUND,
    )


def _pack_gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    from isal import isal_zlib  # noqa: PLC0415

    return _pack(chunks, isal_zlib.compressobj(_GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP))


def _unpack_bzip2(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import bz2  # noqa: PLC0415

    return _unpack_members(chunks, start=bz2.BZ2Decompressor, errors=OSError, bound=_BOUND)


def _pack_bzip2(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import bz2  # noqa: PLC0415

    return _pack(chunks, bz2.BZ2Compressor(_BZIP2_LEVEL))


def _unpack_zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import zstandard  # noqa: PLC0415

    little = (
        chunk[at : at + _ZSTD_FEED] for chunk in chunks for at in range(0, len(chunk), _ZSTD_FEED)
    )
    return _gather(
        _unpack_members(
            little,
            start=lambda: zstandard.ZstdDecompressor().decompressobj(),
            errors=zstandard.ZstdError,
            bound={},
        )
    )


def _gather(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield small pieces as large ones: what follows works on a chunk, however small it is.

    The first comes as it is, for those who want a look at the start.
    """
    yield next(pieces, b"")
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _pack_zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import zstandard  # noqa: PLC0415

    packer = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
    return _pack(chunks, packer.compressobj())


def _pack(chunks: Iterable[bytes], packer: Any) -> Iterator[bytes]:
    for chunk in chunks:
        if data := packer.compress(chunk):
            yield data
    yield packer.flush()


# The letters alone could start a text; the digits of pi (or, empty, of its root) follow them.
_BZIP2_MAGICS: Final = tuple(
    b"BZh%d" % level + block
    for level in range(1, 10)
    for block in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
)
# Parallel writers (pzstd) start with a frame that is to be skipped.
_ZSTD_MAGICS: Final = (
    b"\x28\xb5\x2f\xfd",
    *(bytes((first, 0x2A, 0x4D, 0x18)) for first in range(0x50, 0x60)),
)
NONE: Final = Codec("none", (), "", _same, _same)
CODECS: Final = (
    Codec("gzip", (b"\x1f\x8b\x08",), ".gz", _unpack_gzip, _pack_gzip),
    Codec("zstd", _ZSTD_MAGICS, ".zst", _unpack_zstd, _pack_zstd),
    Codec("bzip2", _BZIP2_MAGICS, ".bz2", _unpack_bzip2, _pack_bzip2),
)
# Compressions that we know by sight and cannot keep.
_REFUSED: Final = (
    ("xz", b"\xfd7zXZ\0"),
    ("lz4", b"\x04\x22\x4d\x18"),
    ("framed snappy", b"\xff\x06\0\0sNaPpY"),
    ("lzip", b"LZIP\1"),
    ("compress", b"\x1f\x9d"),
    ("zlib", b"\x78\x01"),
    ("zlib", b"\x78\x9c"),
    ("zlib", b"\x78\xda"),
    ("zip", b"PK\x03\x04"),
    ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("lzop", b"\x89LZO\0"),
)


def recognise(head: bytes) -> Codec:
    """Return the compression of an object that starts like this.

    Raises:
        UnsupportedCompression: It is one that cannot be kept.
    """
    for name, magic in _REFUSED:
        if head.startswith(magic):
            raise UnsupportedCompression(f"{name} cannot be kept")
    for codec in CODECS:
        if head.startswith(codec.magics):
            return codec
    return NONE
