"""The footer of a Parquet file: found, decoded, checked for what we refuse, encoded again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.errors import MalformedData, UnsupportedEncryption, UnsupportedFormat
from workflow.scrub.parquet import compact
from workflow.scrub.parquet.fields import Chunk, File, Group, KeyValue
from workflow.scrub.parquet.stretch import read_stretch

if TYPE_CHECKING:
    from typing import BinaryIO

    from workflow.scrub.parquet.compact import Struct

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
_TAIL = 8


@dataclass(frozen=True, slots=True)
class Footer:
    """A file's metadata, and where and as what bytes it stands in the file.

    Attributes:
        metadata: FileMetaData.
        start: Offset of the metadata.
        raw: The bytes from there to the end of the file.
    """

    metadata: Struct
    start: int
    raw: bytes

    @property
    def groups(self) -> list[Struct]:
        """The row groups."""
        return self.metadata.sequence(File.ROW_GROUPS, compact.STRUCT)

    @property
    def schema(self) -> list[Struct]:
        """The schema's elements, depth first."""
        return self.metadata.sequence(File.SCHEMA, compact.STRUCT)

    def key_values(self) -> dict[str, str | None]:
        """Return the key-value metadata; bytes that are no UTF-8 are replaced."""
        pairs = self.metadata.sequence(File.KEY_VALUES, compact.STRUCT)
        return {_text(pair.binary(KeyValue.KEY)) or "": _text(pair.binary(2)) for pair in pairs}


def read(source: BinaryIO) -> Footer:
    """Read and check the footer of a seekable file.

    Raises:
        MalformedData: It is no Parquet file, or broken.
        UnsupportedEncryption: The footer or a column is encrypted.
        UnsupportedFormat: It is a summary of other files.
    """
    size = source.seek(0, os.SEEK_END)
    if size < len(MAGIC) + _TAIL:
        raise MalformedData("too short for a Parquet file", offset=size)
    tail = read_stretch(source, size - _TAIL, _TAIL)
    head = read_stretch(source, 0, len(MAGIC))
    if ENCRYPTED in (head, tail[4:]):
        raise UnsupportedEncryption("the footer of the Parquet file is encrypted")
    if head != MAGIC or tail[4:] != MAGIC:
        raise MalformedData("the magic bytes of a Parquet file are missing", offset=size - 4)
    start = size - _TAIL - int.from_bytes(tail[:4], "little")
    if start < len(MAGIC):
        raise MalformedData("the Parquet footer is longer than the file", offset=size - _TAIL)
    raw = read_stretch(source, start, size - start)
    metadata, _end = compact.decode(raw[:-_TAIL], base=start)
    footer = Footer(metadata, start, raw)
    _refuse(footer)
    return footer


def encode(metadata: Struct) -> bytes:
    """Return the bytes that end a file: metadata, its length, magic."""
    body = compact.encode(metadata)
    return body + len(body).to_bytes(4, "little") + MAGIC


def _refuse(footer: Footer) -> None:
    metadata = footer.metadata
    if File.ENCRYPTION in metadata or File.SIGNING_KEY in metadata:
        raise UnsupportedEncryption("the Parquet file has encrypted columns")
    for group in footer.groups:
        for chunk in group.sequence(Group.COLUMNS, compact.STRUCT):
            if Chunk.CRYPTO in chunk or Chunk.ENCRYPTED_META in chunk:
                raise UnsupportedEncryption("the Parquet file has encrypted columns")
            if chunk.binary(Chunk.FILE_PATH):
                raise UnsupportedFormat("the Parquet file is a summary of other files")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
