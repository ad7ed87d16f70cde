"""The tree of selectors as the native core reads it."""

from collections.abc import Collection
from typing import Final

from workflow.scrub.native.library import NONE, Name, Place, Tree
from workflow.scrub.plan import Node

_LENGTHS: Final = 64


class NativeTree:
    """A tree in the memory of the native core.

    Args:
        root: The place of a row; at most one rule ends at each place.
        removes: Numbers of the rules that take items out.
        folds: Whether names are compared without regard to case.

    Attributes:
        tree: What the core is given.
    """

    def __init__(self, root: Node, *, removes: Collection[int], folds: bool) -> None:
        """Lay the places out, each with its children behind one another."""
        self._removes = removes
        self._places: list[Place] = []
        self._names: list[Name] = []
        self._lay_out(root)
        places = (Place * len(self._places))(*self._places)
        names = (Name * len(self._names))(*self._names)
        self.tree = Tree(places=places, names=names, folds=folds)

    def _lay_out(self, node: Node) -> int:
        rule = node.rules[0] if node.rules else NONE
        number, first = len(self._places), len(self._names)
        place = Place(first=first, count=len(node.children), each=NONE, rule=rule)
        place.removes = rule in self._removes
        self._places.append(place)
        for name in node.children:
            spelled = name.encode("utf-8", "surrogatepass")
            place.lengths |= 1 << len(spelled) % _LENGTHS
            self._names.append(Name(bytes=spelled, size=len(spelled)))
        for index, child in enumerate(node.children.values()):
            self._names[first + index].place = self._lay_out(child)
        if node.each is not None:
            place.each = self._lay_out(node.each)
        return number


def can_be_native(root: Node, *, folds: bool) -> bool:
    """Tell whether the native core compares the names of a tree as we do.

    It knows the small letters of ASCII only. To such a name the only other character that is small
    inside of ASCII is the Kelvin sign, which it knows, too.
    """
    if not folds:
        return True
    below = [*root.children.values(), *([] if root.each is None else [root.each])]
    return all(map(str.isascii, root.children)) and all(
        can_be_native(node, folds=True) for node in below
    )
