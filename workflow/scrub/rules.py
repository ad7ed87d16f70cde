"""What to scrub: rules, row rules and the options of a format, all checked when they are built."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Final, Literal, get_args

from workflow.errors import PolicyError
from workflow.scrub.actions import ACTIONS
from workflow.scrub.actions.base import Action
from workflow.scrub.patterns import Pattern, compile_pattern
from workflow.scrub.selector import Selector, parse_selector

Missing = Literal["ignore", "reject"]
Scalar = str | int | float | bool
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MIN_SECRET: Final = 16


@dataclass(frozen=True)
class SecretKey:
    """The key of `hash` and `date_shift`.

    Attributes:
        key_id: Names the key in the tokens that it made.
        secret: The key itself; never shown.
    """

    key_id: str
    secret: bytes = attribute(repr=False)

    def __post_init__(self) -> None:
        """Refuse names that would break a token, and secrets that can be guessed."""
        if not _KEY_ID.fullmatch(self.key_id):
            raise PolicyError("a key id has 1 to 64 letters, digits, '-' or '_'")
        if len(self.secret) < _MIN_SECRET:
            raise PolicyError(f"the secret of a key has at least {_MIN_SECRET} bytes")


@dataclass(frozen=True)
class Rule:
    """One field selector with one action.

    Attributes:
        field: The selector, as the policy spells it.
        action: A name of `ACTIONS`.
        options: The action's own options.
        missing: What an absent field means: `ignore`, or `reject` to refuse the object.

    Raises:
        PolicyError: The selector, the action or an option is wrong.
    """

    field: str
    action: str
    options: Mapping[str, object] = attribute(default_factory=dict)
    missing: Missing = "ignore"

    def __post_init__(self) -> None:
        """Build everything once, so that a rule that exists is a rule that works."""
        object.__setattr__(self, "options", dict(self.options))
        if self.missing not in get_args(Missing):
            raise PolicyError(f"missing is 'ignore' or 'reject', not {self.missing!r}")
        _ = self.selector
        self.build_action()

    def __hash__(self) -> int:
        """Hash what is hashable; rules that differ in options only share a hash."""
        return hash((self.field, self.action, self.missing))

    @property
    def selector(self) -> Selector:
        """The parsed selector."""
        return parse_selector(self.field)

    def build_action(self) -> Action:
        """Return the action with its options; it still wants its key, if it needs one."""
        if self.action not in ACTIONS:
            raise PolicyError(f"unknown action {self.action!r}; one of {', '.join(ACTIONS)}")
        return ACTIONS[self.action].from_options(self.options)


@dataclass(frozen=True)
class RowRule:
    """Which rows go: those in which the field meets the one condition that is set.

    Attributes:
        field: The selector of the tested field.
        equals: The value that it equals.
        among: The values one of which it equals (`in` in the policy file).
        matches: A linear-time pattern that is found in its text.
        is_null: Whether it is null (a CSV value: empty). True or False.
    """

    field: str
    equals: Scalar | None = None
    among: tuple[Scalar, ...] | None = None
    matches: str | None = None
    is_null: bool | None = None

    def __post_init__(self) -> None:
        """Refuse a rule without exactly one condition, or with a pattern that may be slow."""
        given = [self.equals, self.among, self.matches, self.is_null]
        if sum(condition is not None for condition in given) != 1:
            raise PolicyError("a row rule has exactly one of equals, in, matches, is_null")
        _ = self.selector
        if self.matches is not None:
            compile_pattern(self.matches)

    @property
    def selector(self) -> Selector:
        """The parsed selector."""
        return parse_selector(self.field)

    def build_pattern(self) -> Pattern | None:
        """Return the compiled pattern of `matches`."""
        return None if self.matches is None else compile_pattern(self.matches)


@dataclass(frozen=True)
class CsvOptions:
    """How a delimited file is laid out.

    Attributes:
        delimiter: One character; the default is the format's own (`,` or a tab).
        header: Whether the first row names the columns. Without it, rules name columns by their
            number, from 1.
    """

    delimiter: str | None = None
    header: bool = True

    def __post_init__(self) -> None:
        """Refuse delimiters that cannot delimit."""
        if self.delimiter is None:
            return
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n\0':
            raise PolicyError("a delimiter is one ASCII character, not a quote or a line end")


@dataclass(frozen=True)
class ScrubOptions:
    """What holds for all rules of an object.

    Attributes:
        ignore_case: Compare field names without regard to case (Glue lower-cases names).
        drop_rows: Which rows go.
        csv: The layout of delimited files.
        encoding: The name of the text's encoding, where it is not UTF-8.
        reshape: Allow `drop` to take a column out of a delimited file.
        key: The key of `hash` and `date_shift`.
    """

    ignore_case: bool = False
    drop_rows: RowRule | None = None
    csv: CsvOptions = CsvOptions()
    encoding: str | None = None
    reshape: bool = False
    key: SecretKey | None = None

    def __post_init__(self) -> None:
        """Refuse encodings that we do not know."""
        if self.encoding is not None:
            canonical_encoding(self.encoding)


def canonical_encoding(name: str) -> str:
    """Return the codec's own name, or refuse it.

    Raises:
        PolicyError: There is no such text encoding, or it is not one that can be streamed.
    """
    import codecs  # noqa: PLC0415 - only policies that name an encoding need it

    try:
        info = codecs.lookup(name)
        "a".encode(name)
    except (LookupError, ValueError, TypeError) as error:
        raise PolicyError(f"unknown encoding {name!r}") from error
    return info.name
