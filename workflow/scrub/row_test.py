"""Row rules at work: does the tested value meet the condition?

Values come as text, as the text of a number, as a boolean or as null, like those of an action.
Text and number are compared by their kind, but a format that knows text only (CSV) says so, and
then a number of the policy is compared with what the text spells.
"""

from decimal import Decimal, InvalidOperation

from workflow.scrub.patterns import searchable
from workflow.scrub.rules import RowRule, Scalar


class RowTest:
    """One row rule, compiled.

    Args:
        rule: The row rule.
    """

    def __init__(self, rule: RowRule) -> None:
        """Sort the wanted values by kind."""
        self.rule = rule
        wanted = _wanted(rule)
        self._texts = {value for value in wanted if isinstance(value, str)}
        self._booleans = {value for value in wanted if isinstance(value, bool)}
        self._numbers = {
            Decimal(str(value))
            for value in wanted
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        self._pattern = rule.build_pattern()

    def on_text(self, value: str, *, untyped: bool = False) -> bool:
        """Tell whether a row with this text goes; untyped text may spell a number or a boolean."""
        if self._pattern is not None:
            return self._pattern.search(searchable(value)) is not None
        if value in self._texts:
            return True
        return untyped and (self.on_number(value) or value.lower() in self._spelled_booleans())

    def on_utf8(self, value: memoryview) -> bool:
        """Tell whether a row goes with a text that is longer than 1 MiB, given in UTF-8."""
        if self._pattern is not None:
            return self._pattern.search(value) is not None
        return any(value == text.encode("utf-8", "replace") for text in self._texts)

    def on_number(self, value: str) -> bool:
        """Tell whether a row with this number goes."""
        if self._pattern is not None:
            return self._pattern.search(value) is not None
        # To Python "1_0" is ten, to nobody else.
        if not self._numbers or "_" in value:
            return False
        try:
            number = Decimal(value)
        except InvalidOperation:
            return False
        return number.is_finite() and number in self._numbers

    def on_boolean(self, value: bool) -> bool:
        """Tell whether a row with this boolean goes."""
        return value in self._booleans

    def on_null(self, *, null: bool) -> bool:
        """Tell whether a row goes for being null there, or for not being null."""
        return self.rule.is_null is null

    def _spelled_booleans(self) -> set[str]:
        return {str(value).lower() for value in self._booleans}


def _wanted(rule: RowRule) -> tuple[Scalar, ...]:
    if rule.among is not None:
        return rule.among
    return () if rule.equals is None else (rule.equals,)
