"""Which kind the values of a leaf are of, by its physical type and its annotation.

An annotation has an old form (ConvertedType) and a new one (LogicalType); a file may carry both,
and then the new one counts. An annotation that we do not know makes the values opaque.

Source: LogicalTypes.md of apache/parquet-format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.scrub.parquet.fields import Element, Type
from workflow.scrub.parquet.kinds import Boolean, Day, Kind, Opaque, Text
from workflow.scrub.parquet.quantities import MOST_DIGITS, Floating, Integer, Scaled

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.scrub.parquet.schema import Node
    from workflow.scrub.parquet.structs import Struct

_CONVERTED_TEXT = frozenset({0, 4, 19})
_LOGICAL_TEXT = frozenset({1, 4, 12})
_DECIMAL = 5
_DATE = 6
_CONVERTED_TICKS = {9: 1_000, 10: 1_000_000}
_LOGICAL_TIMESTAMP = 8
_LOGICAL_TICKS = {1: 1_000, 2: 1_000_000, 3: 1_000_000_000}
_CONVERTED_UNSIGNED = {11: 8, 12: 16, 13: 32, 14: 64}
_CONVERTED_SIGNED = {15: 8, 16: 16, 17: 32, 18: 64}
_LOGICAL_INTEGER = 10
_LOGICAL_FLOAT16 = 15
_FLOAT16_BYTES = 2


def kind_of(leaf: Node) -> Kind:
    """Return the kind of a leaf's values."""
    return _BUILD[leaf.type](leaf)


def is_text(leaf: Node) -> bool:
    """Tell whether the leaf may hold the empty text."""
    return isinstance(kind_of(leaf), Text)


def _converted(leaf: Node) -> int | None:
    """Return the old annotation where no new one overrules it."""
    return None if _logical(leaf) else leaf.element.number(Element.CONVERTED)


def _logical(leaf: Node) -> int | None:
    found = leaf.element.struct(Element.LOGICAL)
    return next(iter(found), None) if found else None


def _details(leaf: Node, annotation: int) -> Struct | None:
    found = leaf.element.struct(Element.LOGICAL)
    return found.struct(annotation) if found else None


def _unannotated(leaf: Node) -> bool:
    return _converted(leaf) is None and _logical(leaf) is None


def _decimal(leaf: Node, length: int) -> Kind | None:
    if _logical(leaf) == _DECIMAL:
        details = _details(leaf, _DECIMAL)
        scale, precision = (details.number(1), details.number(2)) if details else (None, None)
    elif _converted(leaf) == _DECIMAL:
        scale = leaf.element.number(Element.SCALE)
        precision = leaf.element.number(Element.PRECISION)
    else:
        return None
    scale, precision = scale or 0, precision or 0
    fits = 0 <= scale <= precision <= MOST_DIGITS
    return Scaled(scale, precision, length) if fits else Opaque(sized=True)


def _of_bytes(leaf: Node) -> Kind:
    decimal = _decimal(leaf, 0)
    if decimal:
        return decimal
    # Hive, Impala and old versions of Spark write strings without an annotation.
    text = _logical(leaf) in _LOGICAL_TEXT or _converted(leaf) in _CONVERTED_TEXT
    return Text() if text or _unannotated(leaf) else Opaque(sized=False)


def _of_fixed(leaf: Node) -> Kind:
    if _logical(leaf) == _LOGICAL_FLOAT16 and leaf.length == _FLOAT16_BYTES:
        return Floating("<e", packed=True)
    return _decimal(leaf, leaf.length) or Opaque(sized=True)


def _of_whole(leaf: Node) -> Kind:
    decimal = _decimal(leaf, -1)
    if decimal:
        return decimal
    if _DATE in (_logical(leaf), _converted(leaf)):
        return Day(0)
    if _logical(leaf) == _LOGICAL_TIMESTAMP:
        return _timestamp(_details(leaf, _LOGICAL_TIMESTAMP))
    if _converted(leaf) in _CONVERTED_TICKS:
        return Day(_CONVERTED_TICKS[_converted(leaf) or 0])
    return _integer(leaf, 64 if leaf.type == Type.INT64 else 32)


def _timestamp(details: Struct | None) -> Kind:
    unit = details.struct(2) if details else None
    ticks = _LOGICAL_TICKS.get(next(iter(unit), 0)) if unit else None
    return Day(ticks) if ticks else Opaque(sized=True)


def _integer(leaf: Node, stored: int) -> Kind:
    if _unannotated(leaf):
        return Integer(stored, unsigned=False, stored=stored)
    bits, unsigned = _width(leaf)
    return Integer(bits, unsigned, stored) if 0 < bits <= stored else Opaque(sized=True)


def _width(leaf: Node) -> tuple[int, bool]:
    """Return the bits of an annotated integer (0 if it is none), and whether it is unsigned."""
    details = _details(leaf, _LOGICAL_INTEGER)
    if details is not None:
        bits: int = details.get(1, (0, 0))[1]
        return bits, details.flag(2) is False
    converted = _converted(leaf)
    if converted in _CONVERTED_UNSIGNED:
        return _CONVERTED_UNSIGNED[converted], True
    return _CONVERTED_SIGNED.get(converted or 0, 0), False


_BUILD: dict[int, Callable[[Node], Kind]] = {
    Type.BOOLEAN: lambda _leaf: Boolean(),
    Type.INT32: _of_whole,
    Type.INT64: _of_whole,
    Type.INT96: lambda _leaf: Day(-1),
    Type.FLOAT: lambda _leaf: Floating("<f", packed=False),
    Type.DOUBLE: lambda _leaf: Floating("<d", packed=False),
    Type.BYTE_ARRAY: _of_bytes,
    Type.FIXED: _of_fixed,
}
