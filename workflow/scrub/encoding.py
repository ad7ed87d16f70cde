"""From the object's encoding to UTF-8 and back, byte for byte.

The formats see UTF-8 without a BOM. UTF-8 passes untouched (the formats check it, where rows give
errors a place). Any other encoding is decoded and encoded again, and the unchanged text is encoded
beside it: if that does not give the input's own bytes, the encoding has two spellings for
something, and the object is refused rather than silently changed.
"""

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from workflow.errors import MalformedData, UnsupportedEncoding
from workflow.scrub.rules import canonical_encoding

# The longest first: UTF-32's little-endian mark starts with UTF-16's.
_MARKS: Final = (
    ("utf-8", codecs.BOM_UTF8),
    ("utf-32-le", codecs.BOM_UTF32_LE),
    ("utf-32-be", codecs.BOM_UTF32_BE),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
)
_UTF8: Final = "utf-8"
MARK_SIZE: Final = 4


class Encoding:
    """How the text of one object is encoded.

    Args:
        wanted: The policy's name for it, None for UTF-8.
        head: How the object starts, `MARK_SIZE` bytes or all.

    Raises:
        UnsupportedEncoding: The object's mark names another encoding than the policy.
    """

    def __init__(self, wanted: str | None, head: bytes) -> None:
        """Read the mark and hold it against the policy."""
        wanted = _UTF8 if wanted is None else canonical_encoding(wanted).removesuffix("-sig")
        marked, self.mark = _read_mark(head)
        if marked is not None and not marked.startswith(wanted):
            if marked == _UTF8 or wanted.startswith(_UTF8):
                raise UnsupportedEncoding(f"the text is {marked}, expected is {wanted}")
            self.mark = b""
        if wanted in ("utf-16", "utf-32") and not self.mark:
            raise UnsupportedEncoding(
                f"{wanted} without a byte order mark; name {wanted}-le or -be"
            )
        self.name = marked if marked is not None and self.mark else wanted
        self._seen = hashlib.sha256()
        self._again = hashlib.sha256()

    def decode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield UTF-8, without the mark."""
        plain = _without(self.mark, chunks)
        return plain if self.name == _UTF8 else self._decode(plain)

    def _decode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.name)()
        encoder = codecs.getincrementalencoder(self.name)()
        for chunk, final in _with_end(chunks):
            try:
                text = decoder.decode(chunk, final)
                again = encoder.encode(text, final)
                utf8 = text.encode()
            except UnicodeError:
                raise UnsupportedEncoding(f"the text is not {self.name}") from None
            self._seen.update(chunk)
            self._again.update(again)
            yield utf8
        if self._seen.digest() != self._again.digest():
            raise UnsupportedEncoding(f"{self.name} would not keep the text byte for byte")

    def encode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the mark and the chunks of UTF-8 in the object's encoding."""
        if self.mark:
            yield self.mark
        yield from chunks if self.name == _UTF8 else self._encode(chunks)

    def _encode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(_UTF8)()
        encoder = codecs.getincrementalencoder(self.name)()
        for chunk, final in _with_end(chunks):
            try:
                yield encoder.encode(decoder.decode(chunk, final), final)
            except UnicodeError:
                raise MalformedData(f"a new value cannot be written in {self.name}") from None


def _read_mark(head: bytes) -> tuple[str | None, bytes]:
    for name, mark in _MARKS:
        if head.startswith(mark):
            return name, mark
    return None, b""


def _without(mark: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = len(mark)
    for chunk in chunks:
        yield chunk[rest:]
        rest = max(0, rest - len(chunk))


def _with_end(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    for chunk in chunks:
        yield chunk, False
    yield b"", True
