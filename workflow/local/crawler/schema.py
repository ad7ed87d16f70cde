"""Types of the crawler: inferred from values, merged over rows and files.

A type is Glue's text for a scalar, or a tree for what is nested. Two types that have nothing in
common become ``string``, as Glue does it.
"""

from dataclasses import dataclass
from typing import Any

_INT_LIMIT = 2**31
_LONG_LIMIT = 2**63
_NUMBERS = ("int", "bigint", "double")
NOTHING = "null"


@dataclass(frozen=True)
class Array:
    """An array of one type."""

    item: "Type"


@dataclass(frozen=True)
class Struct:
    """Fields in the order in which they were met."""

    fields: tuple[tuple[str, "Type"], ...]


Type = str | Array | Struct


def of_value(value: Any) -> Type:
    """Infer the type of a JSON value."""
    if isinstance(value, list):
        return Array(merge_all(of_value(one) for one in value))
    if isinstance(value, dict):
        return Struct(tuple((key, of_value(one)) for key, one in value.items()))
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return _whole(value)
    if value is None:
        return NOTHING
    return "double" if isinstance(value, float) else "string"


def _whole(value: int) -> Type:
    if -_INT_LIMIT <= value < _INT_LIMIT:
        return "int"
    return "bigint" if -_LONG_LIMIT <= value < _LONG_LIMIT else "double"


def merge_all(types: Any) -> Type:
    """Merge types into the one that holds them all."""
    merged: Type = NOTHING
    for one in types:
        merged = merge(merged, one)
    return merged


def merge(left: Type, right: Type) -> Type:
    """Give the type that holds both."""
    if right in {left, NOTHING}:
        return left
    if left == NOTHING:
        return right
    if isinstance(left, Array) and isinstance(right, Array):
        return Array(merge(left.item, right.item))
    if isinstance(left, Struct) and isinstance(right, Struct):
        return merge_structs(left, right)
    if left in _NUMBERS and right in _NUMBERS:
        return max((left, right), key=_NUMBERS.index)
    return "string"


def merge_structs(left: Struct, right: Struct) -> Struct:
    """Give the fields of both; new ones come last."""
    fields = dict(left.fields)
    for name, kind in right.fields:
        fields[name] = merge(fields.get(name, NOTHING), kind)
    return Struct(tuple(fields.items()))


def to_hive(kind: Type) -> str:
    """Write a type as the catalog does; what was only ever null is a string."""
    if isinstance(kind, Array):
        return f"array<{to_hive(kind.item)}>"
    if isinstance(kind, Struct):
        return f"struct<{','.join(f'{name}:{to_hive(part)}' for name, part in kind.fields)}>"
    return "string" if kind == NOTHING else kind


def columns(row: Struct) -> list[tuple[str, str]]:
    """Give the columns of a row, in lower case as the catalog keeps them."""
    lowered = Struct(())
    for name, kind in row.fields:
        lowered = merge_structs(lowered, Struct(((name.lower(), kind),)))
    return [(name, to_hive(kind)) for name, kind in lowered.fields]
