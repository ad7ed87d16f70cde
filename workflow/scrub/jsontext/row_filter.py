"""Which rows of a block stay, by the row rule, given what msgspec says of the tested field."""

from typing import Any

from workflow.scrub.jsontext.names import Name
from workflow.scrub.jsontext.shapes import find_hits
from workflow.scrub.jsontext.values import row_goes
from workflow.scrub.row_test import RowTest


class RowFilter:
    """Finds the rows that stay.

    Args:
        test: The row rule.
        steps: The steps to the tested field, members only.
        name: The field's name.
    """

    def __init__(self, test: RowTest, steps: tuple[str | None, ...], name: Name) -> None:
        """Keep the rule."""
        self._test = test
        self._steps = steps
        self.name = name

    def stay(self, block: bytes, rows: list[Any]) -> list[bool] | None:
        """Return for each row whether it stays, for a block in which no name has an escape.

        Returns:
            None if the name does not occur exactly as often as the field: then a row may have the
            field twice.
        """
        hits = find_hits(rows, self._steps)
        if self.name.ends(block, len(hits)) is None:
            return None
        if len(hits) != len(rows):
            return [self._stays(find_hits([row], self._steps)) for row in rows]
        tokens = [*map(bytes, hits)]
        # The tested values are few and come again and again.
        going = {token for token in set(tokens) if row_goes(self._test, token)}
        return [token not in going for token in tokens]

    def _stays(self, hits: list[Any]) -> bool:
        return not any(row_goes(self._test, bytes(hit)) for hit in hits)
