"""The schema of a Parquet file as a tree, with the levels that place a value in its row.

A leaf's column chunk holds entries: (repetition level, definition level, value if the definition
level is the leaf's highest). ``Node.definition`` is the level from which on the node is there,
``Node.repetition`` the number of repeated nodes on its path.

Source of the rules for lists and maps, old layouts included: LogicalTypes.md of
apache/parquet-format, "Nested Types".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workflow.errors import MalformedData
from workflow.scrub.parquet.fields import Element, Repetition, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.scrub.parquet.compact import Struct

MAX_DEPTH = 100
_MAP_CONVERTED = (1, 2)
_LIST_CONVERTED = 3
_MAP_LOGICAL = 2
_LIST_LOGICAL = 3
_MAP_PARTS = 2


@dataclass(slots=True, eq=False)
class Node:
    """An element of the schema.

    Attributes:
        element: Its SchemaElement.
        index: Its place in the flat list of elements.
        path: The names from the top column down to it.
        definition: Definition level from which on it is there.
        repetition: Repetition level of its innermost repeated ancestor, itself included.
        parent: The node above, None for the root.
        children: The nodes below; none for a leaf.
        column: The number of the column chunk, for a leaf.
    """

    element: Struct
    index: int
    path: tuple[str, ...]
    definition: int
    repetition: int
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    column: int | None = None

    @property
    def name(self) -> str:
        """The last name of the path."""
        return self.path[-1] if self.path else ""

    @property
    def kind(self) -> int:
        """REQUIRED, OPTIONAL or REPEATED."""
        return self.element.number(Element.REPETITION) or 0

    @property
    def type(self) -> int:
        """The physical type of a leaf."""
        return self.element.number(Element.TYPE) or 0

    @property
    def length(self) -> int:
        """Bytes of one value of a leaf of fixed length."""
        return 12 if self.type == Type.INT96 else self.element.number(Element.LENGTH) or 0

    def annotated(self, converted: tuple[int, ...], logical: int) -> bool:
        """Tell whether it carries one of the annotations, in the old or the new form."""
        found = self.element.struct(Element.LOGICAL)
        if found:
            return logical in found
        return self.element.number(Element.CONVERTED) in converted

    def leaves(self) -> Iterator[Node]:
        """Yield the leaves under (or at) the node in the order of their columns."""
        if self.column is not None:
            yield self
        for child in self.children:
            yield from child.leaves()

    def list_element(self) -> Node | None:
        """Return the node of an annotated list's elements, None where this is none."""
        if not self.annotated((_LIST_CONVERTED,), _LIST_LOGICAL) or len(self.children) != 1:
            return None
        repeated = self.children[0]
        if repeated.kind != Repetition.REPEATED:
            return None
        old = repeated.name in ("array", f"{self.name}_tuple")
        return repeated if old or len(repeated.children) != 1 else repeated.children[0]

    def map_entry(self) -> Node | None:
        """Return the repeated node that holds a map's key and value, None where this is none."""
        if not self.annotated(_MAP_CONVERTED, _MAP_LOGICAL) or len(self.children) != 1:
            return None
        entry = self.children[0]
        if entry.kind != Repetition.REPEATED or not entry.children:
            return None
        return entry if len(entry.children) <= _MAP_PARTS else None


@dataclass(frozen=True, slots=True)
class Schema:
    """The root node and the leaves in the order of their columns."""

    root: Node
    leaves: tuple[Node, ...]


def build(elements: list[Struct]) -> Schema:
    """Build the tree from the flat, depth-first list of elements."""
    if not elements:
        raise MalformedData("the Parquet file has no schema")
    root = Node(elements[0], 0, (), 0, 0)
    leaves: list[Node] = []
    open_nodes = [(root, _children(elements[0]))]
    for index, element in enumerate(elements[1:], 1):
        node = _attach(_next_parent(open_nodes), element, index)
        if Element.TYPE in element and not _children(element):
            node.column = len(leaves)
            leaves.append(node)
            _check_leaf(node)
        else:
            open_nodes.append((node, _children(element)))
    if any(left for _node, left in open_nodes):
        raise MalformedData("the schema of the Parquet file ends too early")
    return Schema(root, tuple(leaves))


def _next_parent(open_nodes: list[tuple[Node, int]]) -> Node:
    """Return the innermost node that still waits for children; it waits for one less."""
    while open_nodes and not open_nodes[-1][1]:
        open_nodes.pop()
    if not open_nodes or len(open_nodes) > MAX_DEPTH:
        raise MalformedData("the schema of the Parquet file is no tree that can be read")
    parent, left = open_nodes[-1]
    open_nodes[-1] = (parent, left - 1)
    return parent


def _children(element: Struct) -> int:
    count = element.number(Element.CHILDREN) or 0
    if count < 0:
        raise MalformedData("the schema of the Parquet file has a negative number of children")
    return count


def _attach(parent: Node, element: Struct, index: int) -> Node:
    try:
        name = (element.binary(Element.NAME) or b"").decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedData("a column name of the Parquet file is no UTF-8") from None
    kind = element.number(Element.REPETITION) or 0
    if not 0 <= kind <= Repetition.REPEATED:
        raise MalformedData("the schema of the Parquet file has an unknown repetition")
    node = Node(
        element,
        index,
        (*parent.path, name),
        parent.definition + (kind != Repetition.REQUIRED),
        parent.repetition + (kind == Repetition.REPEATED),
        parent,
    )
    parent.children.append(node)
    return node


def _check_leaf(node: Node) -> None:
    if not 0 <= node.type <= Type.FIXED:
        raise MalformedData("the schema of the Parquet file has an unknown physical type")
    if node.type == Type.FIXED and node.length < 0:
        raise MalformedData("the schema of the Parquet file has a negative length")
