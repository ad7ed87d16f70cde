"""Arrays and maps by position and by key: where Trino fails and DuckDB gives NULL."""

from sqlglot import exp

from workflow.local.athena.failures import not_supported
from workflow.local.athena.nodes import call, common_decimal, is_kind, item_type

_KEY_AND_VALUE = 2


def rewrite_subscript(node: exp.Expr) -> exp.Expr:
    """Take an item; beyond the end Trino fails, except for element_at."""
    assert isinstance(node, exp.Bracket)
    index = node.expressions[0]
    if is_kind(node.this, "MAP"):
        return _map_value(node, index)
    if is_kind(node.this, "STRUCT"):
        return call("struct_extract_at", node.this, index)
    if is_kind(index, "VARCHAR", "TEXT"):
        raise not_supported("A subscript of a map whose type is not known")
    name = "trino_element_at" if node.args.get("safe") else "trino_subscript"
    value = call(name, node.this, index)
    value.type = item_type(node.this).type or node.type
    return value


def rewrite_reduce(node: exp.Expr) -> exp.Expr:
    """Reduce an array, where the result is the last state itself."""
    finish = node.args.get("finish")
    if not isinstance(finish, exp.Lambda) or not _is_identity(finish):
        raise not_supported("reduce with an output function")
    node.set("finish", None)
    return node


def _is_identity(function: exp.Lambda) -> bool:
    result = function.this
    named = isinstance(result, exp.Column | exp.Identifier)
    return named and result.name == function.expressions[0].name


def widen_array(node: exp.Expr) -> exp.Expr:
    """Give an array of decimals the digits of all its items."""
    item = common_decimal(node.expressions)
    if item is not None:
        node.type = exp.DataType(this=exp.DataType.Type.ARRAY, expressions=[item], nested=True)
    return node


def _map_value(node: exp.Bracket, key: exp.Expr) -> exp.Expr:
    if node.args.get("safe"):
        found = call("map_extract", node.this, key)
        value = call("trino_element_at", found, exp.Literal.number(1))
    else:
        value = call("trino_map_value", node.this, key)
    kinds = node.this.type.expressions if isinstance(node.this.type, exp.DataType) else []
    if len(kinds) == _KEY_AND_VALUE:
        value.type = kinds[1]
    return value


def rewrite_cardinality(node: exp.Expr) -> exp.Expr:
    """Count the items of an array or the entries of a map."""
    if is_kind(node.this, "MAP"):
        return exp.cast(call("cardinality", node.this), "BIGINT")
    return call("len", node.this)
