"""`format: auto`: by the name's suffix, then by the first bytes.

A name can lie. An object read as a format that it is not may pass as one without the fields of the
rules, and its values would stay behind. So where the first bytes leave no doubt that they are of
another format, the object is refused. A policy that names the format has the last word.
"""

from codecs import BOM_UTF8
from typing import Final

from workflow.errors import UnsupportedFormat
from workflow.scrub.compression import CODECS
from workflow.scrub.formats import FORMATS, Csv, Format, Json, Ndjson, Parquet
from workflow.scrub.jsontext.strict import Fault, check_json

_SPACE: Final = b" \t\r\n"
# A first line that does not end after so many bytes is no row of names.
_LONG: Final = 65536


def find_format(name: str, head: bytes, *, arrays: bool = False) -> type[Format]:
    """Return the format of an object.

    Args:
        name: Its key or file name; may be empty.
        head: How it starts, without compression.
        arrays: Whether a rule selects elements of rows that are arrays.

    Raises:
        UnsupportedFormat: Neither the name nor the bytes tell, or they contradict each other.
    """
    head = head.removeprefix(BOM_UTF8)
    for found in FORMATS.values():
        if _stem(name).endswith(found.suffixes):
            _refuse_another(found, head, arrays=arrays)
            return found
    if _stem(name).endswith(".json"):
        # Lines or one text, the name does not tell which.
        found = Ndjson if Ndjson.sniff(head) else Json
        _refuse_another(found, head, arrays=True)
        return found
    for found in FORMATS.values():
        if found.sniff(head):
            return found
    raise UnsupportedFormat("neither the name nor the first bytes tell the format")


def _refuse_another(named: type[Format], head: bytes, *, arrays: bool) -> None:
    # What is no Parquet, or no JSON, is malformed where its name says so: that needs no test here.
    if named is not Parquet and Parquet.sniff(head):
        found = "Parquet"
    elif issubclass(named, Csv) and starts_as_json(head):
        found = "JSON"
    elif named is Ndjson and not arrays and head.lstrip(_SPACE).startswith(b"["):
        found = "a JSON array, of which no rule selects elements"
    else:
        return
    raise UnsupportedFormat(
        f"the name says {named.name}, but the first bytes are {found};"
        " rename the object, or name its format in the policy"
    )


def starts_as_json(head: bytes) -> bool:
    """Tell whether the first line that is not blank is an object or array, or can start one."""
    line, line_end, _ = head.lstrip(_SPACE).partition(b"\n")
    if not line.startswith((b"{", b"[")):
        return False
    try:
        check_json(line)
    except Fault as fault:
        # All is right with the line but that the text does not end there.
        cut = not line_end and len(head) >= _LONG
        return cut or fault.offset >= len(line.rstrip(_SPACE))
    return True


def _stem(name: str) -> str:
    lowered = name.lower()
    for codec in CODECS:
        lowered = lowered.removesuffix(codec.suffix)
    return lowered
