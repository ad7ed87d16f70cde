"""The decimals of subqueries, carried to where their columns are used.

sqlglot gives a decimal expression the type of its first operand. The rewriting knows better, from
the innermost query outwards, and this hands on what it found: a quotient's scale depends on it.
"""

from sqlglot import exp

from workflow.local.athena.nodes import common_decimal, is_kind, item_type

_FIRST = {"with_": 0, "from_": 1, "joins": 2}


def inside_out(tree: exp.Expr) -> list[exp.Expr]:
    """Give all nodes, each after those below it, and sources before what reads them."""
    nodes, waiting = list[exp.Expr](), [(tree, False)]
    while waiting:
        node, opened = waiting.pop()
        if opened:
            nodes.append(node)
            continue
        waiting.append((node, True))
        below = sorted(node.iter_expressions(), key=lambda one: _FIRST.get(one.arg_key or "", 3))
        waiting.extend((one, False) for one in reversed(below))
    return nodes


def _columns(query: exp.Expr) -> list[list[exp.Expr]]:
    """Give the output columns of a query, those of a set operation once for each side."""
    while isinstance(query, exp.Subquery):
        query = query.this
    if isinstance(query, exp.SetOperation):
        return [*_columns(query.this), *_columns(query.expression)]
    return [query.expressions]


class DerivedTypes:
    """Notes what subqueries give, and tells it to the columns that read them."""

    def __init__(self) -> None:
        """Know nothing."""
        self._known: dict[tuple[str, str], exp.DataType] = {}

    def visit(self, node: exp.Expr) -> None:
        """Look at a node; the nodes below it have been looked at."""
        if isinstance(node, exp.Subquery | exp.CTE):
            self._note(node)
        elif isinstance(node, exp.Values) and node.alias:
            rows = [row.expressions for row in node.expressions]
            self._keep(node.alias, node.alias_column_names, rows)
        elif isinstance(node, exp.Unnest) and node.alias:
            items = [[item_type(one) for one in node.expressions]]
            self._keep(node.alias, node.alias_column_names, items)
        elif isinstance(node, exp.Table) and node.alias and not node.db:
            self._rename(node.name, node.alias)
        elif isinstance(node, exp.Column) and is_kind(node, "DECIMAL"):
            node.type = self._known.get((node.table, node.name), node.type)

    def _note(self, node: exp.Subquery | exp.CTE) -> None:
        columns = _columns(node.this)
        names = node.alias_column_names or [one.alias_or_name for one in columns[0]]
        self._keep(node.alias, names, columns)

    def _keep(self, alias: str, names: list[str], rows: list[list[exp.Expr]]) -> None:
        for name, *column in zip(names, *rows, strict=False):
            found = common_decimal(one.unalias() for one in column)
            if found is not None:
                self._known[alias, name] = found

    def _rename(self, table: str, alias: str) -> None:
        for (source, name), kind in list(self._known.items()):
            if source == table:
                self._known[alias, name] = kind
