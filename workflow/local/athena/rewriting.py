"""Rewrites a resolved query where DuckDB would answer otherwise than Trino.

Works bottom up over typed nodes. Each rewrite is an entry of `REWRITES`: the class of a node, and
the function that gives the node to put in its place. What has no entry is left to sqlglot, and a
function that `functions.py` does not list is refused.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from workflow.local.athena.casting import rewrite_cast, rewrite_try
from workflow.local.athena.concatenation import rewrite_concatenation
from workflow.local.athena.decimals import (
    narrow_sum,
    rewrite_average,
    rewrite_division,
    rewrite_rounding,
    rewrite_sign,
    widen_arithmetic,
)
from workflow.local.athena.derived_types import DerivedTypes, inside_out
from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.functions import BY_NAME, NOT_HERE, SAME
from workflow.local.athena.nodes import call
from workflow.local.athena.parsing import Parsed
from workflow.local.athena.subscripts import (
    rewrite_cardinality,
    rewrite_reduce,
    rewrite_subscript,
    widen_array,
)
from workflow.local.athena.temporal import (
    keep_date,
    rewrite_difference,
    rewrite_extract,
    rewrite_format,
    rewrite_sequence,
    rewrite_zone,
)
from workflow.local.athena.typing_rules import (
    check_arithmetic,
    check_between,
    check_branches,
    check_comparison,
    check_list,
    check_set_operation,
    check_text,
)

Rewrite = Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True)
class Now:
    """The one moment that a query sees."""

    at: dt.datetime

    def stamp(self, node: exp.Expr) -> exp.Expr:
        """Give current_timestamp, or the date of it."""
        moment = self.at.astimezone(dt.UTC)
        if isinstance(node, exp.CurrentDate):
            return exp.cast(exp.Literal.string(moment.date().isoformat()), "DATE")
        zone = "TIMESTAMP" if isinstance(node, exp.Localtimestamp) else "TIMESTAMPTZ"
        text = moment.isoformat(sep=" ", timespec="milliseconds")
        return exp.cast(
            exp.Literal.string(
                text.removesuffix("+00:00") + ("" if zone == "TIMESTAMP" else "+00:00")
            ),
            zone,
        )


def _distinct(node: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[node.this]))


def _by(name: str) -> Rewrite:
    def rewrite(node: exp.Expr) -> exp.Expr:
        if node.args.get("count"):
            raise not_supported(f"{name} with a number of values")
        return call(name, node.this, node.expression)

    return rewrite


def _extract_scalar(node: exp.Expr) -> exp.Expr:
    return call("trino_json_scalar", node.this, _path(node))


def _extract(node: exp.Expr) -> exp.Expr:
    return call("trino_json_extract", node.this, _path(node))


def _path(node: exp.Expr) -> exp.Expr:
    path = node.expression
    if not isinstance(path, exp.JSONPath):
        raise not_supported("A computed JSON path")
    return exp.Literal.string(path.sql("duckdb").strip("'")) if path else exp.Literal.string("$")


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    group = node.args.get("group") or exp.Literal.number(0)
    return call("trino_regexp_extract", node.this, node.expression, group)


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    replacement = node.args.get("replacement") or exp.Literal.string("")
    if not isinstance(replacement, exp.Literal):
        raise not_supported("regexp_replace with a computed replacement")
    groups = replacement.name.replace("\\", "\\\\").replace("$", "\\")
    return call(
        "regexp_replace",
        node.this,
        node.expression,
        exp.Literal.string(groups),
        exp.Literal.string("g"),
    )


def _substring(node: exp.Expr) -> exp.Expr:
    length = node.args.get("length") or exp.Literal.number(2147483647)
    start = node.args.get("start") or exp.Literal.number(1)
    return call("trino_substring", node.this, start, length)


def _trim(node: exp.Expr) -> exp.Expr:
    check_text(node)
    if node.expression:
        return node
    side = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position")), "trim")
    return call(side, node.this, exp.Literal.string(" \t\n\r\x0b\x0c"))


def _split_part(node: exp.Expr) -> exp.Expr:
    return call("trino_split_part", node.this, node.args["delimiter"], node.args["part_index"])


def _paren(node: exp.Expr) -> exp.Expr:
    node.type = node.this.type
    return node


def _lateral(_node: exp.Expr) -> exp.Expr:
    raise not_supported("LATERAL")


def _dot(node: exp.Expr) -> exp.Expr:
    if isinstance(node.expression, exp.Star):
        raise not_supported("The fields of a row by a star")
    return node


def _then(*rules: Rewrite) -> Rewrite:
    """Apply one rule after the other, until one gives another node."""

    def rewrite(node: exp.Expr) -> exp.Expr:
        for rule in rules:
            replacement = rule(node)
            if replacement is not node:
                return replacement
        return node

    return rewrite


REWRITES: dict[type[exp.Expr], Rewrite] = {
    exp.Div: _then(check_arithmetic, rewrite_division),
    exp.Avg: rewrite_average,
    exp.Sum: narrow_sum,
    exp.Filter: narrow_sum,
    exp.Window: narrow_sum,
    exp.Sign: rewrite_sign,
    exp.Round: rewrite_rounding,
    exp.Ceil: rewrite_rounding,
    exp.Floor: rewrite_rounding,
    exp.Cast: rewrite_cast,
    exp.TryCast: rewrite_try,
    exp.Bracket: rewrite_subscript,
    exp.Array: widen_array,
    exp.Reduce: rewrite_reduce,
    exp.ArraySize: rewrite_cardinality,
    exp.ApproxDistinct: _distinct,
    exp.ArgMax: _by("arg_max_null"),
    exp.ArgMin: _by("arg_min_null"),
    exp.JSONExtractScalar: _extract_scalar,
    exp.JSONExtract: _extract,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.Substring: _then(check_text, _substring),
    exp.Trim: _trim,
    exp.SplitPart: _split_part,
    exp.Lateral: _lateral,
    exp.Dot: _dot,
    exp.Upper: _then(check_text, lambda node: call("trino_upper", node.this)),
    **dict.fromkeys((exp.Lower, exp.Length, exp.Split, exp.RegexpLike), check_text),
    **dict.fromkeys((exp.StrPosition, exp.Replace, exp.StartsWith, exp.Pad), check_text),
    exp.In: check_list,
    exp.Between: check_between,
    **dict.fromkeys((exp.Case, exp.If, exp.Coalesce), check_branches),
    **dict.fromkeys((exp.Greatest, exp.Least), check_branches),
    **dict.fromkeys((exp.Union, exp.Intersect, exp.Except), check_set_operation),
    exp.Mul: _then(check_arithmetic, widen_arithmetic),
    exp.Paren: _paren,
    exp.Mod: check_arithmetic,
    exp.Extract: rewrite_extract,
    exp.DateDiff: rewrite_difference,
    exp.DateAdd: keep_date,
    exp.DateTrunc: keep_date,
    exp.TimestampTrunc: keep_date,
    exp.Add: _then(check_arithmetic, keep_date, widen_arithmetic),
    exp.Sub: _then(check_arithmetic, keep_date, widen_arithmetic),
    exp.StrToTime: rewrite_format,
    exp.TimeToStr: rewrite_format,
    exp.FromISO8601Timestamp: lambda node: call("trino_iso8601", node.this),
    exp.GenerateSeries: rewrite_sequence,
    exp.AtTimeZone: rewrite_zone,
    exp.EQ: check_comparison,
    exp.NEQ: check_comparison,
    exp.GT: check_comparison,
    exp.GTE: check_comparison,
    exp.LT: check_comparison,
    exp.LTE: check_comparison,
    exp.DPipe: rewrite_concatenation,
}
_CLOCK = (exp.CurrentTimestamp, exp.CurrentDate, exp.Localtimestamp)


def rewrite(tree: exp.Query, *, parsed: Parsed, now: Now) -> exp.Query:
    """Give the tree whose DuckDB text answers as Trino does.

    Raises:
        QueryFailed: A function or a construct is not answered here.
    """
    derived = DerivedTypes()
    for node in inside_out(tree):
        derived.visit(node)
        kind = node.type
        try:
            replacement = _replacement(node, parsed, now)
        except QueryFailed as failure:
            raise failure.at(parsed.node_place(node)) from None
        if replacement is not node:
            if replacement.type is None:
                replacement.type = kind
            node.replace(replacement)
    return tree


def _replacement(node: exp.Expr, parsed: Parsed, now: Now) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        return _anonymous(node, parsed)
    if isinstance(node, _CLOCK):
        return now.stamp(node)
    if isinstance(node, exp.Func) and type(node) not in SAME:
        raise not_supported(f"The function {node.sql_name().lower()}")
    rewrite_node = REWRITES.get(type(node))
    return rewrite_node(node) if rewrite_node else node


def _anonymous(node: exp.Anonymous, parsed: Parsed) -> exp.Expr:
    name = node.name.lower()
    if name.startswith("trino_"):
        return node
    if name in BY_NAME:
        return call(BY_NAME[name], *node.expressions)
    if name in NOT_HERE:
        raise not_supported(f"The function {name}")
    raise QueryFailed(
        "FUNCTION_NOT_FOUND", f"{parsed.node_place(node)}: Function '{name}' not registered"
    )
