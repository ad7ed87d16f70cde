"""Numbers of a column and an action: integers, floating point, decimals."""

from __future__ import annotations

import math
import struct
from decimal import Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workflow.scrub.actions.base import Action

MOST_DIGITS = 1000


class Integer(NamedTuple):
    """An INT32 or INT64.

    Attributes:
        bits: The width of the annotated type.
        unsigned: Whether it is read as unsigned.
        stored: The width of the physical type.
    """

    bits: int
    unsigned: bool
    stored: int

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_number",)

    def ask(self, action: Action, value: int) -> int | None:
        """Ask for a number."""
        new = _whole(action.on_number(self._text(value)))
        low, high = (
            (0, 1 << self.bits) if self.unsigned else (-(1 << self.bits - 1), 1 << self.bits - 1)
        )
        if new is None or not low <= new < high:
            return None
        return new - (1 << self.stored) if self.unsigned and new >> (self.stored - 1) else new

    def spell(self, value: int) -> Decimal:
        """Return the number."""
        return Decimal(self._text(value))

    def _text(self, value: int) -> str:
        return str(value % (1 << self.stored) if self.unsigned else value)


class Floating(NamedTuple):
    """A FLOAT, DOUBLE or FLOAT16.

    Attributes:
        packing: The struct format that holds it.
        packed: Whether the physical value is the packed bytes (FLOAT16).
    """

    packing: str
    packed: bool

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_number",)

    def ask(self, action: Action, value: float | bytes) -> float | bytes | None:
        """Ask for a number; one that is not stored exactly must still be its own image."""
        number = self._number(value)
        if not math.isfinite(number):
            return None
        new = self._stored(action.on_number(repr(number)))
        if new is None or self._stored(action.on_number(repr(new))) != new:
            return None
        return struct.pack(self.packing, new) if self.packed else new

    def spell(self, value: float | bytes) -> Decimal | None:
        """Return the number."""
        number = self._number(value)
        return Decimal(repr(number)) if math.isfinite(number) else None

    def _number(self, value: float | bytes) -> float:
        number: float = struct.unpack(self.packing, value)[0] if isinstance(value, bytes) else value
        return number

    def _stored(self, text: str | None) -> float | None:
        if text is None:
            return None
        try:
            number: float = struct.unpack(self.packing, struct.pack(self.packing, float(text)))[0]
        except (ValueError, OverflowError, struct.error):
            return None
        return number if math.isfinite(number) else None


class Scaled(NamedTuple):
    """A DECIMAL, as an integer or as big-endian bytes.

    Attributes:
        scale: Digits after the point.
        precision: Digits in all.
        length: Bytes of a FIXED_LEN_BYTE_ARRAY; 0 for BYTE_ARRAY, -1 for an integer.
    """

    scale: int
    precision: int
    length: int

    @property
    def asks(self) -> tuple[str, ...]:
        """The methods of an action that may be asked."""
        return ("on_number",)

    def ask(self, action: Action, value: int | bytes) -> int | bytes | None:
        """Ask for a number."""
        new = self._unscaled(action.on_number(f"{self._decimal(value):f}"))
        if new is None:
            return None
        if self.length < 0:
            return new
        size = self.length or max(1, (new + (new < 0)).bit_length() // 8 + 1)
        try:
            return new.to_bytes(size, "big", signed=True)
        except OverflowError:
            return None

    def spell(self, value: int | bytes) -> Decimal:
        """Return the number."""
        return self._decimal(value)

    def _decimal(self, value: int | bytes) -> Decimal:
        if isinstance(value, bytes):
            value = int.from_bytes(value, "big", signed=True)
        digits = tuple(map(int, str(abs(value))[-MOST_DIGITS:]))
        return Decimal((int(value < 0), digits, -self.scale))

    def _unscaled(self, text: str | None) -> int | None:
        if text is None:
            return None
        with localcontext() as context:
            context.prec = MOST_DIGITS
            try:
                return self._fitting(Decimal(text).scaleb(self.scale))
            except (InvalidOperation, ValueError, OverflowError):
                return None

    def _fitting(self, scaled: Decimal) -> int | None:
        whole = int(scaled)
        return whole if whole == scaled and abs(whole) < 10**self.precision else None


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() else None
    except (InvalidOperation, ValueError, OverflowError):
        return None
