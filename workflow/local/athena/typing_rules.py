"""Operators on types that Trino does not mix, and DuckDB does."""

from collections.abc import Sequence

from sqlglot import exp

from workflow.local.athena.failures import QueryFailed
from workflow.local.athena.nodes import common_decimal, kind

_GROUPS = {
    "number": {"TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL", "DOUBLE", "FLOAT"},
    "text": {"VARCHAR", "TEXT", "CHAR"},
    "boolean": {"BOOLEAN"},
    "time": {"DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPNTZ"},
}
_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
_TRINO = {"INT": "integer", "TEXT": "varchar", "FLOAT": "real", "TIMESTAMPTZ": "timestamp"}


def group(node: exp.Expr) -> str:
    """Give the group of types that a node belongs to; empty where it is not known."""
    return next((name for name, kinds in _GROUPS.items() if kind(node) in kinds), "")


def _name(node: exp.Expr) -> str:
    return _TRINO.get(kind(node), kind(node).lower())


def check_comparison(node: exp.Expr) -> exp.Expr:
    """Refuse to compare, say, a varchar with an integer."""
    left, right = group(node.this), group(node.expression)
    if left and right and left != right:
        raise QueryFailed(
            "TYPE_MISMATCH",
            f"line 1:1: Cannot apply operator: {_name(node.this)} {_SIGNS[type(node)]} "
            f"{_name(node.expression)}",
        )
    return node


def _strangers(nodes: Sequence[exp.Expr | None]) -> tuple[str, str] | None:
    """Give the types of the first two nodes that are of different kinds."""
    known = [one for one in nodes if one is not None and group(one)]
    other = next((one for one in known if group(one) != group(known[0])), None)
    return (_name(known[0]), _name(other)) if other is not None else None


def _mixed(what: str, types: tuple[str, str]) -> QueryFailed:
    return QueryFailed(
        "TYPE_MISMATCH",
        f"line 1:1: {what} must be the same type or coercible to a common type. Cannot find common "
        f"type between {types[0]} and {types[1]}",
    )


def check_list(node: exp.Expr) -> exp.Expr:
    """Refuse IN over values of another kind."""
    types = _strangers([node.this, *node.expressions])
    if types:
        raise _mixed("IN value and list items", types)
    return node


def check_between(node: exp.Expr) -> exp.Expr:
    """Refuse BETWEEN over ends of another kind."""
    value, low, high = node.this, node.args["low"], node.args["high"]
    if _strangers([value, low, high]):
        raise QueryFailed(
            "TYPE_MISMATCH",
            f"line 1:1: Cannot check if {_name(value)} is BETWEEN {_name(low)} and {_name(high)}",
        )
    return node


def check_arithmetic(node: exp.Expr) -> exp.Expr:
    """Refuse to calculate with text."""
    if "text" in {group(node.this), group(node.expression)}:
        raise QueryFailed(
            "TYPE_MISMATCH",
            f"line 1:1: Cannot apply operator: {_name(node.this)} {_OPERATORS[type(node)]} "
            f"{_name(node.expression)}",
        )
    return node


def check_branches(node: exp.Expr) -> exp.Expr:
    """Refuse CASE, IF and COALESCE whose branches are of different kinds."""
    branches = _branches(node)
    types = _strangers(branches)
    if types:
        raise _unlike(node, types)
    node.type = common_decimal(branches) or node.type
    return node


def _branches(node: exp.Expr) -> list[exp.Expr | None]:
    if isinstance(node, exp.Case):
        results = [one.args.get("true") for one in node.args.get("ifs") or ()]
        return [*results, node.args.get("default")]
    if isinstance(node, exp.If):
        return [node.args.get("true"), node.args.get("false")]
    return [node.this, *node.expressions]


def _unlike(node: exp.Expr, types: tuple[str, str]) -> QueryFailed:
    if isinstance(node, exp.Case):
        return _mixed("All CASE results", types)
    if isinstance(node, exp.Coalesce):
        return _mixed("All COALESCE operands", types)
    if isinstance(node, exp.If):
        what = f"Result types for IF must be the same: {types[0]} vs {types[1]}"
        return QueryFailed("TYPE_MISMATCH", f"line 1:1: {what}")
    what = f"Unexpected parameters ({types[0]}, {types[1]}) for function {node.key}"
    return QueryFailed("FUNCTION_NOT_FOUND", f"line 1:1: {what}")


def check_set_operation(node: exp.Expr) -> exp.Expr:
    """Refuse UNION, INTERSECT and EXCEPT of columns of different kinds."""
    pairs = zip(node.this.expressions, node.expression.expressions, strict=False)
    for position, (left, right) in enumerate(pairs, start=1):
        kinds = {group(left), group(right)} - {""}
        if len(kinds) > 1:
            raise QueryFailed(
                "TYPE_MISMATCH",
                f"line 1:1: column {position} in {node.key.upper()} query has incompatible types: "
                f"{_name(left)}, {_name(right)}",
            )
    return node


def check_text(node: exp.Expr) -> exp.Expr:
    """Refuse functions of text on anything else."""
    if group(node.this) not in {"", "text"}:
        name = node.sql_name().lower() if isinstance(node, exp.Func) else node.key
        raise QueryFailed(
            "FUNCTION_NOT_FOUND",
            f"line 1:1: Unexpected parameters ({_name(node.this)}) for function {name}",
        )
    return node


def check_concatenation(node: exp.Expr) -> exp.Expr:
    """Refuse to concatenate what is no text."""
    for side in (node.this, node.expression):
        if group(side) not in {"", "text"}:
            raise QueryFailed(
                "TYPE_MISMATCH",
                f"line 1:1: Unexpected parameters ({_name(node.this)}, {_name(node.expression)}) "
                "for function concat",
            )
    return node
