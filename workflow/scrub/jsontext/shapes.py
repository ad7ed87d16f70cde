"""Types for msgspec that decode the selected members of a row and skip the rest, and their count.

A selected member is decoded as `Raw`, which costs no more than skipping it. On the way to it an
object may stand where the selector goes on; anything else that stands there is decoded to
something that is no object, and so is no hit.
"""

from itertools import chain
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from workflow.scrub.plan import Node
from workflow.scrub.selector import EACH

_OTHER: Final = str | int | float | bool | None


class _Anything(msgspec.Struct):
    """An object that is of no interest."""


def row_type(tree: Node) -> Any:  # a type, made at run time
    """Return the type of a row, for a tree that selects members of objects."""
    return _object_type(tree)


def _object_type(node: Node) -> Any:
    fields = [
        (_attribute(name), _type(child), msgspec.field(name=name, default=UNSET))
        for name, child in node.children.items()
    ]
    return msgspec.defstruct("Selected", fields, gc=False)


def _type(node: Node) -> Any:
    if node.rules or selects_elements(node):
        return Raw | UnsetType
    return _container_type(node) | UnsetType


def selects_elements(node: Node) -> bool:
    """Tell whether all that is selected below are the elements of an array, or of arrays in it."""
    each = node.each
    return each is not None and not node.children and (bool(each.rules) or selects_elements(each))


def _container_type(node: Node) -> Any:
    members = _object_type(node) if node.children else _Anything
    elements = Raw if node.each is None else _container_type(node.each)
    return members | list[elements] | _OTHER  # type: ignore[valid-type]


def _attribute(name: str) -> str:
    return "f_" + name.encode().hex()


def find_hits(rows: list[Any], steps: tuple[str | None, ...]) -> list[Any]:
    """Return the values that a selector selects in rows, in the order of the bytes."""
    found = rows
    for step in steps:
        found = list(chain.from_iterable(_arrays(found))) if step is EACH else _members(found, step)
    return found


def count_rows(rows: list[Any], steps: tuple[str | None, ...], hits: int) -> int:
    """Count the rows in which a selector selects something, given how many values it selects."""
    if EACH not in steps:
        return hits
    each = steps.index(EACH)
    arrays = _arrays(find_hits(rows, steps[:each]))
    if hits == sum(map(len, arrays)) and EACH not in steps[each + 1 :]:
        # Every element has a hit, so every array with an element has.
        return len(arrays) - arrays.count([])
    return sum([bool(find_hits([row], steps)) for row in rows])


def _arrays(values: list[Any]) -> list[list[Any]]:
    return [value for value in values if type(value) is list]


def _members(values: list[Any], name: str) -> list[Any]:
    read = attrgetter(_attribute(name))
    try:
        members = list(map(read, values))
    except AttributeError:
        # Some of the values are no objects.
        attribute = _attribute(name)
        members = [getattr(value, attribute, UNSET) for value in values]
    return [member for member in members if member is not UNSET] if UNSET in members else members
