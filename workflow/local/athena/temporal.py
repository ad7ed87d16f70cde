"""Dates and times: a date stays a date, whole units are counted, and the zone is UTC."""

import re

from sqlglot import exp

from workflow.local.athena.failures import not_supported
from workflow.local.athena.nodes import call, is_kind, is_whole

_SIGN = re.compile(r"%-?.")
# As they are after the translation from MySQL's letters.
_SIGNS = {f"%{letter}" for letter in "abdfHIjBmpSMTAYy%"} | {"%-d", "%-H", "%-I", "%-m"}
_FIELDS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "DOY"}
_TEMPORAL = ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPNTZ")


def keep_date(node: exp.Expr) -> exp.Expr:
    """Keep date arithmetic on dates; DuckDB makes timestamps of it."""
    if isinstance(node, exp.Sub) and _both(node, *_TEMPORAL):
        raise not_supported("The difference of two dates by the operator -")
    operands = (node.this, node.expression)
    timed = isinstance(node, exp.Add | exp.Sub) and not any(
        isinstance(one, exp.Interval) for one in operands
    )
    if timed or not any(is_kind(one, "DATE") for one in operands if one is not None):
        return node
    return exp.cast(node.copy(), "DATE")


def _both(node: exp.Expr, *names: str) -> bool:
    return is_kind(node.this, *names) and is_kind(node.expression, *names)


def rewrite_difference(node: exp.Expr) -> exp.Expr:
    """Count the whole units between two moments; DuckDB's date_diff counts the borders crossed."""
    unit = node.args.get("unit")
    name = unit.name.lower() if unit is not None else "day"
    return call("date_sub", exp.Literal.string(name), node.expression, node.this)


def rewrite_format(node: exp.Expr) -> exp.Expr:
    """Let literal formats pass, whose letters sqlglot has translated already."""
    written = node.args.get("format")
    if not isinstance(written, exp.Literal):
        raise not_supported("date_format and date_parse with a computed format")
    signs = _SIGN.findall(written.name)
    unknown = [sign for sign in signs if sign not in _SIGNS]
    if unknown:
        raise not_supported(f"The sign {unknown[0]} in a format")
    return node


def rewrite_extract(node: exp.Expr) -> exp.Expr:
    """Take a field of a moment; the days of a week are numbered from Monday."""
    field = node.this.name.upper()
    if field in {"DOW", "DAY_OF_WEEK"}:
        return call("isodow", node.expression)
    if field not in _FIELDS:
        raise not_supported(f"EXTRACT({field} ...)")
    return node


def rewrite_sequence(node: exp.Expr) -> exp.Expr:
    """Give a sequence of whole numbers or of dates."""
    start = node.args["start"]
    if is_kind(start, "DATE"):
        step = node.args.get("step") or exp.Interval(
            this=exp.Literal.string("1"), unit=exp.Var(this="DAY")
        )
        moments = call("generate_series", start, node.args["end"], step)
        return exp.cast(moments, exp.DataType.build("ARRAY<DATE>", dialect="spark"))
    if not is_whole(start):
        raise not_supported("sequence of anything but whole numbers and dates")
    return node


def rewrite_zone(node: exp.Expr) -> exp.Expr:
    """Let UTC pass: DuckDB keeps no zone with a moment, so no other can be shown."""
    zone = node.args.get("zone")
    if not isinstance(zone, exp.Literal) or zone.name.upper() not in {"UTC", "GMT", "Z"}:
        raise not_supported("A time zone other than UTC")
    if is_kind(node.this, "TIMESTAMPTZ"):
        return exp.Paren(this=node.this)
    return exp.cast(node.this, "TIMESTAMPTZ")
