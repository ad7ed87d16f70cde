"""UNNEST, as Trino does it: rows become columns, maps two, several arrays go side by side.

Strategy: everything to the left of an UNNEST becomes one subquery whose columns are the sources,
each packed into a struct of the columns that the query uses, and the UNNEST is a further column
of it. ``"t"."id"`` then still reads right: field ``id`` of column ``t``. It keeps the order of
the rows, which a correlated join of DuckDB's does not.
"""

from collections.abc import Iterable

from sqlglot import exp

from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.nodes import call, is_kind, kind
from workflow.local.athena.sql_text import identifier, literal


def tell_twins_apart(tree: exp.Query) -> None:
    """Rename an UNNEST that has the name of another: Athena's guide calls two of them t."""
    for select in tree.find_all(exp.Select):
        seen = set[str]()
        for join in select.args.get("joins") or ():
            if isinstance(join.this, exp.Unnest) and join.this.alias in seen:
                _rename(select, join.this, f"{join.this.alias}${len(seen)}")
            seen.add(join.this.alias_or_name)


def _rename(select: exp.Select, unnest: exp.Unnest, name: str) -> None:
    columns = {column.lower() for column in unnest.alias_column_names}
    for column in select.find_all(exp.Column):
        if column.table == unnest.alias and column.name.lower() in columns:
            column.set("table", exp.to_identifier(name, quoted=True))
    unnest.args["alias"].set("this", exp.to_identifier(name, quoted=True))


def flatten_unnests(tree: exp.Query) -> exp.Query:
    """Replace each UNNEST of a query, the innermost selects first."""
    for select in list(tree.find_all(exp.Select))[::-1]:
        _flatten(select)
    return tree


def _flatten(select: exp.Select) -> None:
    start = select.args.get("from_")
    if start is None:
        return
    sources = [start.this, *(join.this for join in select.args.get("joins") or ())]
    if not any(isinstance(source, exp.Unnest) for source in sources):
        return
    used = _used(select)
    base, joins, seen = start.this, list[exp.Join](), list[str]()
    if isinstance(base, exp.Unnest):
        base = _wrap(exp.Select(), [], used, base, outer=False)
        seen.append(start.this.alias)
    else:
        seen.append(base.alias_or_name)
    for join in select.args.get("joins") or ():
        if isinstance(join.this, exp.Unnest):
            inner = exp.Select(from_=exp.From(this=base), joins=joins)
            outer = (join.side or "").upper() == "LEFT"
            base, joins = _wrap(inner, seen, used, join.this, outer=outer), []
        else:
            joins.append(join)
        seen.append(join.this.alias_or_name)
    select.set("from_", exp.From(this=base))
    select.set("joins", joins)


def _used(select: exp.Select) -> dict[str, list[str]]:
    used: dict[str, dict[str, None]] = {}
    for column in select.find_all(exp.Column):
        used.setdefault(column.table, {})[column.name] = None
    return {table: list(columns) for table, columns in used.items()}


def _wrap(
    inner: exp.Select,
    seen: Iterable[str],
    used: dict[str, list[str]],
    unnest: exp.Unnest,
    *,
    outer: bool,
) -> exp.Subquery:
    packed = [_pack(alias, used[alias]) for alias in seen if used.get(alias)]
    rows = _rows(unnest, outer=outer)
    unnested = exp.alias_(call("unnest", rows), unnest.alias, quoted=True)
    inner.set("expressions", [*packed, unnested])
    return exp.Subquery(
        this=inner, alias=exp.TableAlias(this=exp.to_identifier("$unnest", quoted=True))
    )


def _pack(alias: str, columns: list[str]) -> exp.Expr:
    fields = (f"{literal(name)}: {identifier(alias)}.{identifier(name)}" for name in columns)
    return exp.alias_(exp.Var(this=f"{{{', '.join(fields)}}}"), alias, quoted=True)


def _rows(unnest: exp.Unnest, *, outer: bool) -> exp.Expr:
    names = _names(unnest)
    ordinal = unnest.args.get("offset")
    arrays = [_as_array(one) for one in unnest.expressions]
    lengths = [f"coalesce(len({one.sql('duckdb')}), 0)" for one in arrays]
    longest = lengths[0] if len(lengths) == 1 else f"greatest({', '.join(lengths)})"
    fields = [
        f"{literal(name)}: {value}" for name, value in zip(names, _values(unnest), strict=True)
    ]
    if isinstance(ordinal, exp.Identifier):
        fields.append(f"{literal(ordinal.name)}: {_INDEX}")
    rows = f"list_transform(range(1, {longest} + 1), LAMBDA {_INDEX} : {{{', '.join(fields)}}})"
    return exp.Var(this=f"CASE WHEN {longest} > 0 THEN {rows} ELSE [NULL] END" if outer else rows)


_INDEX = '"$index"'


def _names(unnest: exp.Unnest) -> list[str]:
    alias = unnest.args.get("alias")
    names = [column.name for column in (alias.columns if alias else ())]
    if not names:
        raise not_supported("UNNEST without names for its columns")
    return names


def _as_array(node: exp.Expr) -> exp.Expr:
    return call("map_entries", node) if is_kind(node, "MAP") else node


def _values(unnest: exp.Unnest) -> list[str]:
    return [value for one in unnest.expressions for value in _columns(one, unnest)]


def _columns(node: exp.Expr, unnest: exp.Unnest) -> list[str]:
    item = f"({_as_array(node).sql('duckdb')})[{_INDEX}]"
    if is_kind(node, "MAP"):
        return [f"{item}.key", f"{item}.value"]
    fields = _row_fields(node)
    # Athena's guide takes whole rows under one name; Trino's makes a column of each field.
    if fields is not None and len(_names(unnest)) != len(unnest.expressions):
        return [f"struct_extract_at({item}, {i})" for i in range(1, fields + 1)]
    if kind(node) not in {"", "ARRAY", "LIST"}:
        raise QueryFailed("TYPE_MISMATCH", f"line 1:1: Cannot unnest type: {kind(node).lower()}")
    if len(_names(unnest)) != len(unnest.expressions):
        raise not_supported("UNNEST of rows whose type is not known")
    return [item]


def _row_fields(node: exp.Expr) -> int | None:
    """Count the fields where the items are rows; None where they are not."""
    found = node.type
    inner = found.expressions if isinstance(found, exp.DataType) else []
    item = inner[0] if inner and kind(node) in {"ARRAY", "LIST"} else None
    is_row = isinstance(item, exp.DataType) and item.this is exp.DataType.Type.STRUCT
    return len(item.expressions) if is_row and item is not None else None
