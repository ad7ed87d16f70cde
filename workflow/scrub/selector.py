"""Field selectors: `user.email`, `payments[*].card_number`, `'a.b'.c`.

A selector is a tuple of steps. A step is the name of a member, or `EACH` for every element of an
array. Two selectors can meet in one value only if one is a prefix of the other, which is all that
the overlap checks need.
"""

import re
from dataclasses import dataclass
from typing import Final

from workflow.errors import PolicyError

EACH: Final = None
"""The step that stands for every element of an array."""

MAX_STEPS: Final = 200
"""More than anybody needs, and few enough for functions that call themselves once for each."""

_STEP = re.compile(
    r"""
      '(?P<quoted>(?:[^']|'')+)'     # 'quoted.key', a quote inside is doubled
    | (?P<name>[^.\[\]'\s](?:[^.\[\]']*[^.\[\]'\s])?)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Selector:
    """Which values of a row a rule means.

    Attributes:
        steps: Member names, and `EACH` for the elements of an array.
    """

    steps: tuple[str | None, ...]

    def folded(self) -> "Selector":
        """Return the selector as it compares where case is ignored."""
        return Selector(tuple(step if step is None else step.lower() for step in self.steps))

    def overlaps(self, other: "Selector") -> bool:
        """Tell whether both can select the same value, or one a part of the other's."""
        shared = min(len(self.steps), len(other.steps))
        return self.steps[:shared] == other.steps[:shared]

    def __str__(self) -> str:
        """Return the selector in the spelling of the policy file."""
        return spell_path(self.steps)


def parse_selector(text: str) -> Selector:
    """Read a selector.

    Raises:
        PolicyError: The text is not a selector, or has more than `MAX_STEPS` steps.
    """
    steps: list[str | None] = []
    position = 0
    while position < len(text) or not steps:
        found, position = _read_step(text, position, first=not steps)
        steps.append(found)
        if len(steps) > MAX_STEPS:
            raise PolicyError(f"field selector {text[:40]!r}... has more than {MAX_STEPS} steps")
    return Selector(tuple(steps))


def _read_step(text: str, position: int, *, first: bool) -> tuple[str | None, int]:
    if text.startswith("[*]", position):
        return EACH, position + 3
    if not first:
        if text[position] != ".":
            raise PolicyError(f"not a field selector: {text!r} (character {position + 1})")
        position += 1
    match = _STEP.match(text, position)
    if match is None:
        raise PolicyError(f"not a field selector: {text!r} (character {position + 1})")
    quoted = match["quoted"]
    return (match["name"] if quoted is None else quoted.replace("''", "'")), match.end()


def spell_path(steps: tuple[str | int | None, ...]) -> str:
    """Spell a selector, or the path of one value where an index stands for `EACH`."""
    text = ""
    for step in steps:
        if isinstance(step, str):
            text += ("." if text else "") + _spell_name(step)
        else:
            text += "[*]" if step is None else f"[{step}]"
    return text


def _spell_name(name: str) -> str:
    match = _STEP.fullmatch(name)
    if match is not None and match["name"] is not None:
        return name
    return "'" + name.replace("'", "''") + "'"
