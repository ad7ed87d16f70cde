"""Casts, where DuckDB takes more texts and rounds otherwise than Trino."""

from sqlglot import exp

from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.nodes import call, is_kind, kind

_WHOLE = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_FLOATING = ("DOUBLE", "FLOAT")
_TEXT = ("VARCHAR", "TEXT", "CHAR")
_NESTED = ("ARRAY", "MAP", "STRUCT")


def rewrite_cast(node: exp.Expr) -> exp.Expr:
    """Cast as Trino does, or refuse."""
    assert isinstance(node, exp.Cast)
    target = str(node.to.this.value)
    if isinstance(node.this, exp.Null):
        return node
    if target in _WHOLE:
        return exp.cast(_to_whole(node.this), node.to)
    if target in _TEXT:
        return _to_text(node)
    if target in {"TIMESTAMP", "TIMESTAMPNTZ"}:
        return exp.cast(node.this, exp.DataType.build("TIMESTAMP"))
    if target == "DATE" and is_kind(node.this, *_TEXT):
        return call("trino_date", node.this)
    return _other(node, target)


def _other(node: exp.Cast, target: str) -> exp.Expr:
    if target == "JSON":
        return call("to_json", node.this)
    if target in _FLOATING and is_kind(node.this, *_TEXT):
        return exp.cast(call("trino_floating", node.this), node.to)
    return node


def rewrite_try(node: exp.Expr) -> exp.Expr:
    """Give NULL where the cast fails."""
    assert isinstance(node, exp.TryCast)
    return call("TRY", rewrite_cast(exp.Cast(this=node.this, to=node.to)))


def _to_whole(value: exp.Expr) -> exp.Expr:
    if is_kind(value, *_FLOATING):
        return exp.Round(this=value)
    if is_kind(value, *_TEXT):
        return call("trino_whole", value)
    return value


def _to_text(node: exp.Cast) -> exp.Expr:
    text = _as_text(node.this)
    limit = node.to.expressions
    return call("substring", text, exp.Literal.number(1), limit[0].this) if limit else text


def _as_text(value: exp.Expr) -> exp.Expr:
    if is_kind(value, *_FLOATING):
        raise not_supported("Casting a floating point number to varchar")
    if is_kind(value, *_NESTED):
        raise QueryFailed(
            "TYPE_MISMATCH", f"line 1:1: Cannot cast {kind(value).lower()} to varchar"
        )
    if is_kind(value, "JSON"):
        return call("trino_json_scalar", value, exp.Literal.string("$"))
    if is_kind(value, "DECIMAL", *_TEXT):
        return exp.cast(value, "VARCHAR")
    return call("trino_text", value)
