"""Operators on types that Trino does not mix, and DuckDB does."""

from sqlglot import exp

from workflow.local.athena.failures import QueryFailed
from workflow.local.athena.nodes import kind

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
