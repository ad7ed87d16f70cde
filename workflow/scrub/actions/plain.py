"""Actions that look at the type of a value only: blank, null, drop."""

from collections.abc import Mapping
from typing import ClassVar, Self

from workflow.scrub.actions.base import Action, refuse_unknown


class _WithoutOptions(Action):
    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Build the action, which has no options."""
        refuse_unknown(cls.name, options, ())
        return cls()


class Blank(_WithoutOptions):
    """Text becomes the empty text; what is no text becomes null."""

    name: ClassVar[str] = "blank"
    constant = ""

    def on_text(self, value: str) -> str:  # noqa: ARG002
        """Return the empty text."""
        return ""

    def on_binary(self, value: bytes) -> bytes:  # noqa: ARG002
        """Return no bytes."""
        return b""


class Null(_WithoutOptions):
    """Every value becomes null."""

    name: ClassVar[str] = "null"
    nulls: ClassVar[bool] = True


class Drop(_WithoutOptions):
    """The member or the column goes, name and all."""

    name: ClassVar[str] = "drop"
    removes: ClassVar[bool] = True
