"""Small questions about typed nodes, and the call of a DuckDB function."""

from collections.abc import Iterable

from sqlglot import exp

_WHOLE = {"TINYINT", "SMALLINT", "INT", "BIGINT"}
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19}


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """Call a DuckDB function by its name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def kind(node: exp.Expr) -> str:
    """Give the name of a node's type, as sqlglot writes it; empty where it is not known."""
    found = node.type
    name = found.this.value if isinstance(found, exp.DataType) else ""
    return "" if name in {"UNKNOWN", "NULL"} else str(name)


def is_kind(node: exp.Expr, *names: str) -> bool:
    """Say whether a node is known to be of one of the types."""
    return kind(node) in names


def is_whole(node: exp.Expr) -> bool:
    """Say whether a node is known to be a whole number."""
    return kind(node) in _WHOLE


def decimal(node: exp.Expr) -> tuple[int, int] | None:
    """Give precision and scale of a decimal or a whole number; None for anything else."""
    name = kind(node)
    if name in _DIGITS:
        return _DIGITS[name], 0
    if name != "DECIMAL" or not isinstance(node.type, exp.DataType):
        return None
    numbers = [int(one.name) for one in node.type.expressions]
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else (38, 0)


def item_type(array: exp.Expr) -> exp.Expr:
    """Give a node of the type of an array's items; of no type where that is not known."""
    item = exp.Placeholder()
    kinds = array.type.expressions if isinstance(array.type, exp.DataType) else []
    if is_kind(array, "ARRAY", "LIST") and kinds and isinstance(kinds[0], exp.DataType):
        item.type = kinds[0]
    return item


def common_decimal(nodes: Iterable[exp.Expr | None]) -> exp.DataType | None:
    """Give the decimal that holds all of the nodes; None where they are not decimals."""
    known = [one for one in nodes if one is not None and not isinstance(one, exp.Null)]
    numbers = [decimal(one) for one in known]
    if not any(is_kind(one, "DECIMAL") for one in known) or None in numbers:
        return None
    pairs = [pair for pair in numbers if pair is not None]
    scale = max(scale for _, scale in pairs)
    return decimal_type(max(digits - scale for digits, scale in pairs) + scale, scale)


def decimal_type(precision: int, scale: int) -> exp.DataType:
    """Build the type of a decimal; Trino stops at 38 digits."""
    return exp.DataType.build(f"DECIMAL({min(38, precision)},{scale})")
