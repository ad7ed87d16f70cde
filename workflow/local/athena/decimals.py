"""Decimals, which DuckDB divides and averages as doubles.

Trino keeps them exact: a quotient has the larger scale of both sides, an average the scale of what
it averages, and the last digit is rounded half up. Here both are worked out over whole numbers.
"""

from sqlglot import exp

from workflow.local.athena.failures import not_supported
from workflow.local.athena.nodes import call, decimal, decimal_type, is_kind, is_whole, kind

_MOST = 38
_FLOATING = ("DOUBLE", "FLOAT")


def rewrite_division(node: exp.Expr) -> exp.Expr:
    """Divide as Trino does: whole by whole is whole, double by zero is infinite."""
    left, right = decimal(node.this), decimal(node.expression)
    exact = is_kind(node.this, "DECIMAL") or is_kind(node.expression, "DECIMAL")
    if exact and left and right:
        return _divide(node.this, left, node.expression, right)
    if left and right:
        return exp.Paren(this=exp.IntDiv(this=node.this, expression=node.expression))
    if is_kind(node.this, *_FLOATING) or is_kind(node.expression, *_FLOATING):
        return call(
            "trino_divide", exp.cast(node.this, "DOUBLE"), exp.cast(node.expression, "DOUBLE")
        )
    return call("trino_divide", node.this, node.expression)


def _divide(a: exp.Expr, left: tuple[int, int], b: exp.Expr, right: tuple[int, int]) -> exp.Expr:
    (digits, scale), (divisor_digits, divisor_scale) = left, right
    result_scale = max(scale, divisor_scale)
    shift = result_scale - scale + divisor_scale
    precision = digits + divisor_scale + max(0, divisor_scale - scale)
    quotient = call("trino_decimal_divide", _whole(a, scale + shift), _whole(b, divisor_scale))
    result = _with_scale(quotient, min(_MOST, precision), result_scale)
    del divisor_digits
    return result


def _whole(node: exp.Expr, shift: int) -> exp.Expr:
    """Give the number without its point, as a whole number of 128 bits."""
    if shift == 0:
        return exp.cast(node, "HUGEINT")
    tens = exp.cast(exp.Literal.number(10**shift), decimal_type(shift + 1, 0))
    product = exp.Mul(this=exp.Paren(this=node), expression=tens)
    return exp.cast(product, "HUGEINT")


def _with_scale(whole: exp.Expr, precision: int, scale: int) -> exp.Expr:
    unit = exp.Literal.number(f"0.{'1'.zfill(scale)}" if scale else "1")
    shifted = exp.Mul(
        this=exp.cast(whole, decimal_type(_MOST - 1 - scale, 0)),
        expression=exp.cast(unit, decimal_type(scale + 1, scale)),
    )
    kind_of = decimal_type(max(precision, scale + 1), scale)
    result = exp.cast(shifted, kind_of)
    result.type = kind_of
    return result


def rewrite_average(node: exp.Expr) -> exp.Expr:
    """Average decimals exactly; other numbers are averaged as doubles on both sides."""
    numbers = decimal(node.this)
    if numbers is None or not is_kind(node.this, "DECIMAL"):
        return node
    if isinstance(node.parent, exp.Filter | exp.Window) or isinstance(node.this, exp.Distinct):
        raise not_supported("avg over a window, with FILTER or with DISTINCT, of decimals")
    total, count = exp.Sum(this=node.this.copy()), exp.Count(this=node.this.copy())
    quotient = call("trino_decimal_divide", _whole(total, numbers[1]), _whole(count, 0))
    return _with_scale(quotient, *numbers)


def widen_arithmetic(node: exp.Expr) -> exp.Expr:
    """Give sums, differences and products of decimals the digits that they have."""
    left, right = decimal(node.this), decimal(node.expression)
    exact = is_kind(node.this, "DECIMAL") or is_kind(node.expression, "DECIMAL")
    if not (exact and left and right):
        return node
    (digits, scale), (other_digits, other_scale) = left, right
    if isinstance(node, exp.Mul):
        node.type = decimal_type(digits + other_digits, scale + other_scale)
    else:
        whole = max(digits - scale, other_digits - other_scale)
        most = max(scale, other_scale)
        node.type = decimal_type(whole + most + 1, most)
    return node


def narrow_sum(node: exp.Expr) -> exp.Expr:
    """Make a sum of whole numbers a bigint, and note that one of decimals has 38 digits.

    What is around the function, FILTER and OVER, goes into the cast with it.
    """
    total = node
    while isinstance(total, exp.Filter | exp.Window):
        total = total.this
    if not isinstance(total, exp.Sum) or isinstance(node.parent, exp.Filter | exp.Window):
        return node
    numbers = decimal(total.this)
    if is_kind(total.this, "DECIMAL") and numbers:
        node.type = decimal_type(_MOST, numbers[1])
    elif is_whole(total.this):
        return exp.cast(node.copy(), "BIGINT")
    return node


def rewrite_sign(node: exp.Expr) -> exp.Expr:
    """Give the sign in the type of the number."""
    if is_whole(node.this) or is_kind(node.this, "DOUBLE", "FLOAT"):
        return exp.cast(node.copy(), node.this.type or "DOUBLE")
    return node


def rewrite_rounding(node: exp.Expr) -> exp.Expr:
    """Round decimals to the type that Trino gives them; whole numbers stay what they are."""
    if is_whole(node.this) and not node.args.get("decimals"):
        return exp.Paren(this=node.this)
    numbers = decimal(node.this)
    if numbers is None or not is_kind(node.this, "DECIMAL"):
        return node
    precision, scale = numbers
    if isinstance(node, exp.Round) and node.args.get("decimals"):
        target = decimal_type(precision + 1, scale)
    else:
        target = decimal_type(precision - scale + min(scale, 1), 0)
    result = exp.cast(node.copy(), target)
    result.type = target
    assert kind(result) == "DECIMAL"
    return result
