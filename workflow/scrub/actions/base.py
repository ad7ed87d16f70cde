"""What an action is, and how each kind of format applies it.

An action is a *projection*: doing it twice equals doing it once, for every value. That is what
keeps a second pass over our own output from writing anything.

An action sees values, never bytes. A format turns its bytes into one of four kinds of value, asks
the matching method, and writes what comes back only if it differs from what was there:

    kind                                     method        result None means
    text (JSON string, CSV field, UTF8)      on_text       the action does not fit: null
    number, spelled as text ("1.10")         on_number     the action does not fit: null
    true or false                            on_boolean    the action does not fit: null
    a day (Parquet date and timestamp)       on_day        the action does not fit: null

- null stays null and is not changed; an empty CSV field is a null.
- A container (JSON object or array, Parquet group) and bytes that are not text fit no action and
  become null, except for `drop`, which takes them out, and `blank`, which empties bytes.
- A null that stands for a type that does not fit is counted as nulled, unless `nulls` says that
  nulls are the very purpose of the action.
- `removes` actions are never asked: the format takes the member or the column out.
- A result is what the type holds: `on_number` answers with the text of a number. A format whose
  type cannot hold it (a bucket below an unsigned type's range, a text longer than a
  FIXED_LEN_BYTE_ARRAY) makes it null.

Every method is a pure function of the value, so a columnar format asks it **once for each distinct
value** (dictionary-encode, ask, take) and never once for each row. A timestamp is asked by its day
alone: `on_day` gives the new day, and the time of day stays if `keeps_time`, else becomes 00:00.
`on_texts` asks for
many at once. Where `constant` is not None, every text becomes that, and none need be decoded.
`on_utf8` asks for one text of several MiB, of which Python's own text may take four times as much.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

from workflow.errors import PolicyError

Utf8 = bytes | bytearray | memoryview


class Key(Protocol):
    """What an action needs of a `SecretKey`."""

    @property
    def key_id(self) -> str:
        """The name of the key."""
        ...

    @property
    def secret(self) -> bytes:
        """The key itself."""
        ...


class Action(ABC):
    """One way to make a value harmless; see the module for the contract with the formats."""

    name: ClassVar[str]
    removes: ClassVar[bool] = False
    nulls: ClassVar[bool] = False
    needs_key: ClassVar[bool] = False
    keeps_time: ClassVar[bool] = False
    constant: str | None = None

    @classmethod
    @abstractmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Build the action from the policy's options.

        Raises:
            PolicyError: An option is unknown, missing or wrong.
        """

    def with_key(self, key: Key) -> Self:  # noqa: ARG002 - most actions need none
        """Return the action with its key."""
        return self

    def on_text(self, value: str) -> str | None:  # noqa: ARG002 - the default fits nothing
        """Return what the text becomes, None for null."""
        return None

    def on_texts(self, values: list[str]) -> list[str | None]:
        """Return what many texts become; the same as asking for each, perhaps faster."""
        return [self.on_text(value) for value in values]

    def on_utf8(self, value: memoryview) -> Utf8 | None:
        """Return what a text becomes that is longer than 1 MiB; the same as `on_text`, in UTF-8."""
        new = self.on_text(str(value, "utf-8"))
        return None if new is None else new.encode("utf-8", "replace")

    def on_number(self, value: str) -> str | None:  # noqa: ARG002
        """Return what the number (given and returned as text) becomes, None for null."""
        return None

    def on_boolean(self, value: bool) -> bool | None:  # noqa: ARG002
        """Return what true or false becomes, None for null."""
        return None

    def on_day(self, value: dt.date) -> dt.date | None:  # noqa: ARG002
        """Return what the day becomes, None for null."""
        return None

    def on_binary(self, value: bytes) -> bytes | None:  # noqa: ARG002
        """Return what bytes that are not text become, None for null."""
        return None


def refuse_unknown(name: str, options: Mapping[str, object], known: tuple[str, ...]) -> None:
    """Refuse options that the action does not have.

    Raises:
        PolicyError: An option is unknown.
    """
    for option in options:
        if option not in known:
            hint = f"; it has {', '.join(known)}" if known else "; it has none"
            raise PolicyError(f"{name} has no option {option!r}{hint}")


def whole_number(name: str, options: Mapping[str, object], option: str, default: int) -> int:
    """Read an option that is a whole number from 0.

    Raises:
        PolicyError: It is something else.
    """
    value = options.get(option, default)
    if type(value) is not int or value < 0:
        raise PolicyError(f"{name}: {option} is a whole number from 0, not {value!r}")
    return value
