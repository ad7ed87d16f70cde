"""What ``||`` and ``concat`` give: text, an array of both, or an array with one more element."""

from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.optimizer.annotate_types import TypeAnnotator

from workflow.local.athena.nodes import call, common_decimal, is_kind, item_type, kind
from workflow.local.athena.subscripts import widen_array
from workflow.local.athena.typing_rules import check_concatenation


def type_rules() -> dict[Any, Any]:
    """Give sqlglot's rules for types, where what holds an array is one."""
    rule = {"annotator": _annotate}
    array = {"annotator": _annotate_array}
    return {**Trino.EXPRESSION_METADATA, exp.DPipe: rule, exp.Concat: rule, exp.Array: array}


def _annotate_array(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    typed: exp.Expr = Trino.EXPRESSION_METADATA[exp.Array]["annotator"](annotator, node)
    return widen_array(typed)


def _annotate(_annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    parts = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    deepest = max(parts, key=_depth)
    array = _widest(*parts) or deepest.type
    node.type = array if _depth(deepest) else exp.DataType.build("VARCHAR")
    return node


def _depth(node: exp.Expr) -> int:
    """Count how many arrays are around an element."""
    depth = 0
    while is_kind(node, "ARRAY", "LIST"):
        node, depth = item_type(node), depth + 1
    return depth


def rewrite_concatenation(node: exp.Expr) -> exp.Expr:
    """Put texts or arrays together, or an array and an element of it."""
    left, right = node.this, node.expression
    depths = _depth(left), _depth(right)
    if not any(depths):
        return check_concatenation(node)
    node.type = _widest(left, right) or node.type
    if depths[0] == depths[1] or not _is_known(left) or not _is_known(right):
        return node
    joined = call("list_append" if depths[0] > depths[1] else "list_prepend", left, right)
    joined.type = node.type
    return joined


def _widest(*parts: exp.Expr) -> exp.DataType | None:
    """Give the array of the decimals that hold the elements of all; None for other arrays."""
    item = common_decimal(map(_innermost, parts))
    for _ in range(max(map(_depth, parts)) if item else 0):
        item = exp.DataType(this=exp.DataType.Type.ARRAY, expressions=[item], nested=True)
    return item


def _innermost(node: exp.Expr) -> exp.Expr:
    while is_kind(node, "ARRAY", "LIST"):
        node = item_type(node)
    return node


def _is_known(node: exp.Expr) -> bool:
    """Say whether the innermost type is known: an empty array goes with any other."""
    return bool(kind(_innermost(node)))
