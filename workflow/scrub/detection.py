"""`format: auto`: by the name's suffix, then by the first bytes."""

from codecs import BOM_UTF8

from workflow.errors import UnsupportedFormat
from workflow.scrub.compression import CODECS
from workflow.scrub.formats import FORMATS, Format


def find_format(name: str, head: bytes) -> type[Format]:
    """Return the format of an object.

    Args:
        name: Its key or file name; may be empty.
        head: How it starts, without compression.

    Raises:
        UnsupportedFormat: Neither the name nor the bytes tell.
    """
    for found in FORMATS.values():
        if _stem(name).endswith(found.suffixes):
            return found
    for found in FORMATS.values():
        if found.sniff(head.removeprefix(BOM_UTF8)):
            return found
    raise UnsupportedFormat("neither the name nor the first bytes tell the format")


def _stem(name: str) -> str:
    lowered = name.lower()
    for codec in CODECS:
        lowered = lowered.removesuffix(codec.suffix)
    return lowered
