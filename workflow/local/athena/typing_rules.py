"""Operators on types that Trino does not mix, and DuckDB does."""

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


def check_among(node: exp.Expr) -> exp.Expr:
    """Refuse IN and BETWEEN over values of another kind."""
    others = [*node.expressions, node.args.get("low"), node.args.get("high")]
    groups = {group(node.this), *(group(one) for one in others if one is not None)} - {""}
    if len(groups) > 1:
        raise QueryFailed(
            "TYPE_MISMATCH",
            f"line 1:1: value and list items must be the same type: {_name(node.this)}",
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
    if isinstance(node, exp.Case):
        branches = [one.args.get("true") for one in node.args.get("ifs") or ()]
        branches.append(node.args.get("default"))
    elif isinstance(node, exp.If):
        branches = [node.args.get("true"), node.args.get("false")]
    else:
        branches = [node.this, *node.expressions]
    if len({group(one) for one in branches if one is not None} - {""}) > 1:
        raise QueryFailed(
            "TYPE_MISMATCH", "line 1:1: All results must be of one type or can be coerced to one"
        )
    node.type = common_decimal(branches) or node.type
    return node


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
