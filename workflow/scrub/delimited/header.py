"""Whether the first record is the header that the rules expect.

A file with another delimiter, or of JSON, may pass as a table of one column. Its header then holds
the names of fields inside the name of a column.
"""

import re
from collections.abc import Iterable
from typing import Final

from workflow.errors import SchemaMismatch
from workflow.scrub.plan import Plan

_DELIMITERS: Final = re.compile(r"[;,|\t]")
_MEMBER: Final = re.compile(r'"([^"]*)"\s*:')
_AROUND: Final = " \"'"
# The first line that Excel takes for the name of the delimiter.
_EXCEL: Final = re.compile(r"sep=.?")


def refuse_misread(names: list[str], plan: Plan, missing: Iterable[str]) -> None:
    """Refuse a header that has a missing field inside the name of a column.

    Args:
        names: The names of the columns.
        plan: Tells how names compare.
        missing: Fields that no column is named by.

    Raises:
        SchemaMismatch: The file does not seem to be laid out as it was read.
    """
    for field in missing:
        for column, name in enumerate(names, 1):
            if _EXCEL.fullmatch(name) or plan.fold(field) in map(plan.fold, _inside(name)):
                raise SchemaMismatch(
                    f"field {field} is missing, and column {column} is not named as a column is:"
                    " is it another delimiter or format?"
                )


def _inside(name: str) -> list[str]:
    parts = _DELIMITERS.split(name)
    return [*(part.strip(_AROUND) for part in parts if len(parts) > 1), *_MEMBER.findall(name)]
