"""Structs of Thrift's compact protocol in memory: field id -> (wire type, value)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from workflow.errors import MalformedData, ObjectTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
# The bits of an integer, but for its sign.
_BITS = {I16: 15, I32: 31, I64: 63}


class Items(Protocol):
    """The elements of a list, perhaps made when they are asked for."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __iter__(self) -> Iterator[Any]:
        """Yield them."""


class Sequence(NamedTuple):
    """A list or a set: the wire type of its elements, and the elements."""

    element: int
    items: Items


class Pairs(NamedTuple):
    """A map: the wire types of keys and values, and the pairs in their order."""

    key: int
    value: int
    items: list[tuple[Any, Any]]


class Struct(dict[int, tuple[int, Any]]):
    """A struct as field id -> (wire type, value); the getters check the wire type."""

    __slots__ = ()

    def _get(self, field: int, *kinds: int) -> Any:
        kind, value = self.get(field, (0, None))
        if kind and kind not in kinds:
            raise MalformedData(f"field {field} of the Parquet metadata has the wrong type")
        return value

    def number(self, field: int) -> int | None:
        """Return an integer field, None where it is absent."""
        found: int | None = self._get(field, I64, I32, I16)
        return found

    def binary(self, field: int) -> bytes | None:
        """Return a binary (or string) field, None where it is absent."""
        found: bytes | None = self._get(field, BINARY)
        return found

    def struct(self, field: int) -> Struct | None:
        """Return a struct field, None where it is absent."""
        found: Struct | None = self._get(field, STRUCT)
        return found

    def flag(self, field: int) -> bool | None:
        """Return a boolean field, None where it is absent."""
        found: bool | None = self._get(field, TRUE, FALSE)
        return found

    def needed(self, field: int, what: str) -> int:
        """Return an integer field that must be there and not negative."""
        found = self.number(field)
        if found is None or found < 0:
            raise MalformedData(f"the Parquet metadata has no valid {what}")
        return found

    def sequence(self, field: int, element: int) -> list[Any]:
        """Return the elements of a list field, [] where it is absent."""
        found = self._get(field, LIST)
        if not found or not found.items:
            return []
        if found.element != element:
            raise MalformedData(f"field {field} of the Parquet metadata has the wrong type")
        items: list[Any] = found.items
        return items

    def set_number(self, field: int, value: int, *, kind: int = I64) -> None:
        """Set an integer field; an integer that is there keeps its wire type.

        Raises:
            ObjectTooLarge: The type cannot hold the number.
        """
        there = self.get(field, (0, None))[0]
        kind = there if there in _BITS else kind
        if value >> _BITS[kind] not in (0, -1):
            raise ObjectTooLarge("a size or offset does not fit into Parquet's metadata")
        self[field] = (kind, value)

    def set_struct(self, field: int, value: Struct) -> None:
        """Set a struct field."""
        self[field] = (STRUCT, value)

    def set_binary(self, field: int, value: bytes) -> None:
        """Set a binary field."""
        self[field] = (BINARY, value)

    def set_sequence(self, field: int, element: int, values: Items) -> None:
        """Set a list field."""
        self[field] = (LIST, Sequence(element, values))

    def drop(self, *fields: int) -> None:
        """Take fields away where they are present."""
        for field in fields:
            self.pop(field, None)
