"""DuckDB's errors, as Athena would have put them.

Only names of columns and functions are taken from DuckDB's texts; the rest may quote values.
"""

import re

import duckdb

from workflow.local.athena.failures import SYSTEM, QueryFailed
from workflow.local.athena.parsing import Parsed

_OURS = re.compile(r"ATHENA>([A-Z0-9_]+): ([^'\"]*)")
# What DuckDB says, Athena's name for it, and Athena's text; {0} is the name that DuckDB quotes.
_KNOWN: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), name, text)
    for pattern, name, text in (
        (r"Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
        (
            r"More than one row returned by a subquery",
            "SUBQUERY_MULTIPLE_ROWS",
            "Scalar sub-query has returned multiple rows",
        ),
        (
            r'column "([^"]+)" must appear in the GROUP BY clause',
            "EXPRESSION_NOT_AGGREGATE",
            "{place}: '\"{0}\"' must be an aggregate expression or appear in GROUP BY clause",
        ),
        (
            r"(WHERE|GROUP BY) clause cannot contain (?:aggregates|window)",
            "EXPRESSION_NOT_SCALAR",
            (
                "line 1:1: {0} clause cannot contain aggregations, window functions or grouping "
                "operations"
            ),
        ),
        (
            r'Could not find key "([^"]+)" in struct',
            "COLUMN_NOT_FOUND",
            (
                "{place}: Column '{shown}' cannot be resolved or requester is not authorized to "
                "access requested resources"
            ),
        ),
        (
            (
                r"(?:No function matches the given name and argument types|Could not choose a best "
                r"candidate function for the function call) [\"']([^(]+)\("
            ),
            "FUNCTION_NOT_FOUND",
            "line 1:1: Unexpected parameters for function {0}",
        ),
        (
            r"Could not parse string",
            "INVALID_FUNCTION_ARGUMENT",
            "A value does not have the format that the function was given",
        ),
        (r"invalid perl operator", "NOT_SUPPORTED", "the regular expression is not of RE2's kind"),
        (
            r"Set operations can only apply to expressions with the same number",
            "TYPE_MISMATCH",
            "line 1:1: The queries of a set operation have different numbers of columns",
        ),
    )
)
_CLASSES: tuple[tuple[type[duckdb.Error], str, str], ...] = (
    (duckdb.OutOfRangeException, "NUMERIC_VALUE_OUT_OF_RANGE", "a number is out of range"),
    (
        duckdb.ConversionException,
        "INVALID_CAST_ARGUMENT",
        "A value cannot be cast to the type that the query asks for",
    ),
    (duckdb.BinderException, "SYNTAX_ERROR", "line 1:1: The query does not fit its columns' types"),
)


def translate_error(error: duckdb.Error, parsed: Parsed) -> QueryFailed:
    """Give the failure that Athena would report."""
    text = str(error)
    ours = _OURS.search(text)
    if ours:
        return QueryFailed(ours[1], ours[2])
    for pattern, name, what in _KNOWN:
        match = pattern.search(text)
        if match:
            names = match.groups() or ("",)
            shown, place = parsed.column(names[0].lower())
            return QueryFailed(name, what.format(*names, shown=shown, place=place))
    for kind, name, what in _CLASSES:
        if isinstance(error, kind):
            return QueryFailed(name, what)
    return QueryFailed(
        "GENERIC_INTERNAL_ERROR",
        f"{type(error).__name__} of the embedded stack's engine",
        category=SYSTEM,
    )
