"""What is wrong with a policy file, in words that name the line and the key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        line: One-based line of the file.
        path: Keys and list positions that lead there.
        what: What is wrong and, where it helps, what would be right.
    """

    line: int
    path: Path
    what: str

    @property
    def key(self) -> str:
        """The path as people write it: ``datasets.uploads.scrub[1].action``."""
        key = ""
        for step in self.path:
            if isinstance(step, int):
                key += f"[{step}]"
            else:
                key += f".{step}" if key else step
        return key

    def render(self, source: str) -> str:
        """Give the one line that a person reads and an editor can jump to."""
        told = f"{self.key}: {self.what}" if self.path else self.what
        # A key may hold anything, a line end too.
        shown = told if told.isprintable() else told.encode("unicode_escape").decode()
        return f"{source}:{self.line}: {shown}"


def render(problems: Iterable[Problem], *, source: str) -> str:
    """Give all problems, one a line, in the order of the file."""
    return "\n".join(problem.render(source) for problem in in_order(problems))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Give all problems in the order of the file, each once."""
    return sorted(set(problems), key=lambda problem: (problem.line, problem.key, problem.what))


def one_of(value: object, known: Sequence[str]) -> str:
    """Say what is allowed instead of a value, the nearest first."""
    if suggestion := nearest(str(value), known):
        return f"did you mean {suggestion!r}?"
    return f"expected one of {', '.join(known)}"


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Give the known word that a mistyped one most likely means."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only a wrong file needs it

    matches = get_close_matches(word.lower(), known, n=1)
    return matches[0] if matches else None
