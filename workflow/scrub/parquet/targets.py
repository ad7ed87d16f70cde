"""Which nodes of a file's schema the rules mean.

A selector names members as JSON would show them: a list has elements (`[*]`), whatever groups its
layout puts between, and a map has its keys as members (`attributes.email`), or all of its values
(`[*]`). Where a rule's node is not in the schema, the rule selects nothing in any row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.errors import SchemaMismatch
from workflow.scrub.parquet.fields import Repetition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.schema import Node, Schema
    from workflow.scrub.plan import Node as Place
    from workflow.scrub.plan import Plan


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a map: the leaf of the keys, and the key's text."""

    leaf: Node
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """A node that a rule selects.

    Attributes:
        rule: The rule's number.
        node: The node.
        element: Whether its instances are elements of a list, not the list.
        keys: The keys of maps on the way, under which alone it is selected.
    """

    rule: int
    node: Node
    element: bool = False
    keys: tuple[Key, ...] = ()

    @property
    def whole_list(self) -> bool:
        """Whether a bare repeated field is meant as a whole."""
        return self.node.kind == Repetition.REPEATED and not self.element

    @property
    def nullable(self) -> bool:
        """Whether an instance can become null (a bare repeated field: empty)."""
        return self.node.kind == Repetition.OPTIONAL or self.whole_list

    @property
    def definition(self) -> int:
        """The definition level from which on there is an instance, null or not."""
        return self.node.definition - self.nullable

    @property
    def repetition(self) -> int:
        """The highest repetition level at which an instance starts."""
        return self.node.repetition - self.whole_list


def resolve(plan: Plan, schema: Schema) -> list[Target]:
    """Return what the rules and the row test select."""
    return list(_descend(plan, plan.tree, Target(0, schema.root, element=True)))


def _descend(plan: Plan, place: Place, at: Target) -> Iterator[Target]:
    for rule in place.rules:
        yield Target(rule, at.node, at.element, at.keys)
    if place.each is not None:
        element = _element(at)
        if element is not None:
            yield from _descend(plan, place.each, Target(0, element, element=True, keys=at.keys))
    for name, further in place.children.items():
        for member in _members(plan, at, name):
            yield from _descend(plan, further, member)


def _element(at: Target) -> Node | None:
    if at.whole_list:
        return at.node
    entry = at.node.map_entry()
    if entry is not None:
        return entry.children[1] if len(entry.children) > 1 else None
    return at.node.list_element()


def _members(plan: Plan, at: Target, name: str) -> Iterator[Target]:
    if at.whole_list or at.node.list_element() is not None:
        return
    entry = at.node.map_entry()
    if entry is None:
        for child in at.node.children:
            if plan.fold(child.name) == name:
                yield Target(0, child, keys=at.keys)
    elif len(entry.children) > 1 and entry.children[0].column is not None:
        key = Key(entry.children[0], name)
        yield Target(0, entry.children[1], keys=(*at.keys, key))


def emptied_list(target: Target) -> Target | None:
    """Return the list that loses all elements when `drop` takes out each of them."""
    if not target.element or target.node.parent is None:
        return None
    repeated = target.node if target.node.kind == Repetition.REPEATED else target.node.parent
    return Target(target.rule, repeated, element=False, keys=target.keys)


def dropped_node(target: Target, gone: set[int], name: str) -> Node:
    """Return the node to take out of the schema: the target, or what it alone is in.

    Raises:
        SchemaMismatch: The schema would be left without a part that it needs.
    """
    node = target.node
    while node.parent is not None and all(
        leaf.column in gone
        for child in node.parent.children
        if child is not node
        for leaf in child.leaves()
    ):
        node = node.parent
        if node.kind == Repetition.REPEATED:
            raise SchemaMismatch(f"drop of {name} would leave a list or map without elements")
    if node.parent is None:
        raise SchemaMismatch(f"drop of {name} would leave no column")
    if target.keys or node.parent.map_entry() is not None or _is_map_part(node):
        raise SchemaMismatch(f"drop of {name} would take a map apart; use null or blank")
    return node


def _is_map_part(node: Node) -> bool:
    above = node.parent.parent if node.parent else None
    return above is not None and above.map_entry() is node.parent
