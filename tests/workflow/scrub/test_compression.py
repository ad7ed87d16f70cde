import bz2
import gzip
import io
import random
import zlib

import pytest
import zstandard

from workflow.errors import MalformedData, PermanentError, UnsupportedCompression
from workflow.scrub import Rule, scrub
from workflow.scrub.compression import CODECS, recognise

TEXT = b"".join(b'{"a":"secret %d","n":%d}\n' % (n, n) for n in range(3000))
BLANKED = b"".join(b'{"a":"","n":%d}\n' % n for n in range(3000))
CHECKED_ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress
PACK = {"gzip": gzip.compress, "zstd": CHECKED_ZSTD, "bzip2": bz2.compress}


def scrubbed(data, name="x.ndjson"):
    sink = io.BytesIO()
    report = scrub(io.BytesIO(data), sink, rules=[Rule("a", "blank")], name=name)
    return sink.getvalue(), report


@pytest.mark.parametrize("name", PACK)
def test_compression_is_kept_whatever_the_suffix(name):
    data = PACK[name](TEXT)

    output, report = scrubbed(data, "x.ndjson.gz")

    assert report.compression == name
    assert recognise(output).name == name
    assert b"".join(recognise(output).unpack([output])) == BLANKED
    assert scrubbed(data)[0] == output
    assert (report.bytes_in, report.bytes_out) == (len(data), len(output))


@pytest.mark.parametrize("name", PACK)
def test_members_are_read_as_one_stream(name):
    pack = PACK[name]
    data = pack(TEXT[:1001]) + pack(b"") + pack(TEXT[1001:])

    output, _ = scrubbed(data)

    assert b"".join(recognise(output).unpack([output])) == BLANKED


def test_zstd_may_start_with_a_frame_that_is_to_be_skipped():
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0meta"

    output, report = scrubbed(skipped + CHECKED_ZSTD(TEXT), "object")

    assert report.compression == "zstd"
    assert b"".join(recognise(output).unpack([output])) == BLANKED


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("size", [1, 13, 4096])
def test_chunks_mean_nothing(codec, size):
    data = PACK[codec.name](TEXT)

    pieces = codec.unpack(data[at : at + size] for at in range(0, len(data), size))

    assert b"".join(pieces) == TEXT


@pytest.mark.parametrize("name", PACK)
def test_broken_stream_is_malformed(name):
    data = PACK[name](TEXT)
    source = random.Random(1)

    for cut in (5, 20, len(data) // 2, len(data) - 1):
        with pytest.raises(PermanentError):
            scrubbed(data[:cut])
    for _ in range(20):
        at = source.randrange(10, len(data))
        broken = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        try:
            output, _ = scrubbed(broken)
        except PermanentError:
            continue
        assert b"".join(recognise(output).unpack([output])) == BLANKED
    with pytest.raises(MalformedData):
        scrubbed(data + b"garbage behind the end")


@pytest.mark.parametrize("name", PACK)
def test_format_is_told_from_the_start_of_a_long_stream(name):
    source = random.Random(2)
    text = b"".join(
        b'{"a":"","b":"%s"}\n' % source.randbytes(300).hex().encode() for _ in range(900)
    )

    output, report = scrubbed(PACK[name](text), "x")

    assert report.format == "ndjson"
    assert b"".join(recognise(output).unpack([output])) == text


def test_zeros_behind_the_end_of_gzip_are_padding():
    assert gzip.decompress(scrubbed(gzip.compress(TEXT) + bytes(512))[0]) == BLANKED


@pytest.mark.parametrize(
    "head",
    [b"\xfd7zXZ\0", b"\x04\x22\x4d\x18", b"PK\x03\x04", b"LZIP\1", zlib.compress(TEXT)[:9]],
)
def test_other_compressions_are_refused_by_name(head):
    with pytest.raises(UnsupportedCompression, match="cannot be kept"):
        scrubbed(head + b"anything")


def test_letters_of_a_magic_number_are_text():
    assert recognise(b"BZh,LZIP\n1,2\n").name == "none"


def test_gzip_carries_no_time_and_is_nearly_as_small_as_zlib():
    output, _ = scrubbed(gzip.compress(TEXT, mtime=12345))

    assert output[4:8] == bytes(4)
    assert len(output) < 1.15 * len(gzip.compress(BLANKED, 6))


def test_small_object_that_unpacks_to_a_huge_one_stays_in_bounds():
    bomb = bytes(50_000_000)
    for codec in CODECS:
        pieces = codec.unpack([PACK[codec.name](bomb)])

        assert max(map(len, pieces)) <= 40_000_000
