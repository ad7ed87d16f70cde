"""Resolves the names of a query against the catalog, with Trino's rules.

After it every column names its table, every table its schema and catalog, and stars are gone. An
alias of the SELECT list is seen by ORDER BY only, as in Trino (DuckDB sees it everywhere).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from workflow.local.athena.catalog import CATALOG, HIDDEN, INVALID, Table
from workflow.local.athena.concatenation import type_rules
from workflow.local.athena.data_types import DataType, to_trino
from workflow.local.athena.failures import QueryFailed
from workflow.local.athena.loading import Source
from workflow.local.athena.parsing import DIALECT, Parsed
from workflow.local.athena.unnesting import tell_twins_apart

_HAVING = "having"
_PLACE = re.compile(r"Line: (\d+), Col: (\d+)")
_COLUMN = re.compile(r"(?:Column '|Unknown column: )([^'\n]+?)(?:' could|$)")
Lookup = Callable[[str, str], Table | None]
HasDatabase = Callable[[str], bool]


@dataclass(frozen=True)
class Resolved:
    """A query with resolved names and annotated types, and the tables that it reads."""

    tree: exp.Query
    tables: dict[tuple[str, str], Table]


def resolve(
    parsed: Parsed, *, database: str, lookup: Lookup, has_database: HasDatabase
) -> Resolved:
    """Find the tables of a query and resolve its columns.

    Raises:
        QueryFailed: A table, a schema or a column does not exist.
    """
    tree = parsed.tree.copy()
    tables = {}
    for node in _tables(tree):
        table = _find(parsed, node, database, lookup, has_database)
        tables[table.database, table.name] = table
        node.set("db", exp.to_identifier(table.database, quoted=True))
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    schema = _schema(tables)
    tell_twins_apart(tree)
    _hide_having(tree)
    try:
        qualified = qualify(
            tree,
            dialect=DIALECT,
            schema=schema,
            catalog=CATALOG,
            db=database,
            expand_alias_refs=False,
        )
    except OptimizeError as error:
        raise _not_found(parsed, str(error), tree, schema) from None
    _show_having(qualified)
    _type_decimals(qualified)
    typed = annotate_types(
        qualified, schema=schema, dialect=DIALECT, expression_metadata=type_rules()
    )
    assert isinstance(typed, exp.Query)
    return Resolved(typed, tables)


def _hide_having(tree: exp.Query) -> None:
    """Put HAVING next to WHERE: sqlglot leaves the names in HAVING as they are."""
    for select in list(tree.find_all(exp.Select)):
        having, where = select.args.get("having"), select.args.get("where")
        if having is not None:
            both = exp.And(
                this=where.this if where is not None else exp.true(),
                expression=exp.Paren(this=having.this),
            )
            both.meta[_HAVING] = where is not None
            select.set("where", exp.Where(this=both))
            select.set("having", None)


def _show_having(tree: exp.Expr) -> None:
    for select in list(tree.find_all(exp.Select)):
        where = select.args.get("where")
        if where is not None and _HAVING in where.this.meta:
            both = where.this
            select.set("having", exp.Having(this=both.expression.this))
            select.set("where", exp.Where(this=both.this) if both.meta[_HAVING] else None)


def _tables(tree: exp.Query) -> list[exp.Table]:
    seen = {
        id(source): source
        for scope in traverse_scope(tree)
        for source in scope.sources.values()
        if isinstance(source, exp.Table)
    }
    return list(seen.values())


def _find(
    parsed: Parsed, node: exp.Table, database: str, lookup: Lookup, has_database: HasDatabase
) -> Table:
    name, schema = node.name.lower(), (node.db or database).lower()
    catalog = (node.catalog or CATALOG).lower()
    place = parsed.node_place(node)
    if catalog != CATALOG:
        raise QueryFailed("CATALOG_NOT_FOUND", f"{place}: Catalog '{catalog}' not found")
    found = lookup(schema, name)
    if found is not None:
        broken = next((key for key, kind in found.types().items() if kind == INVALID), None)
        if broken is not None:
            raise QueryFailed(
                "HIVE_METASTORE_ERROR", f"The type of column {broken} of {name} cannot be read"
            )
        return found
    if not has_database(schema):
        raise QueryFailed("SCHEMA_NOT_FOUND", f"{place}: Schema '{schema}' does not exist")
    raise QueryFailed(
        "TABLE_NOT_FOUND", f"{place}: Table '{CATALOG}.{schema}.{name}' does not exist"
    )


def _schema(tables: dict[tuple[str, str], Table]) -> MappingSchema:
    mapping: dict[str, dict[str, dict[str, str]]] = {}
    visible: dict[str, dict[str, list[str]]] = {}
    for (database, name), table in tables.items():
        types = {**table.types(), **HIDDEN}
        mapping.setdefault(database, {})[name] = {
            column: to_trino(_quoted(kind)) for column, kind in types.items()
        }
        visible.setdefault(database, {})[name] = list(table.types())
    return MappingSchema(
        {CATALOG: mapping} if mapping else None,
        visible={CATALOG: visible} if visible else None,
        dialect=DIALECT,
    )


def _quoted(kind: DataType) -> DataType:
    return DataType(
        kind.name,
        kind.numbers,
        tuple(map(_quoted, kind.parts)),
        tuple(f'"{name}"' for name in kind.fields),
    )


def _not_found(parsed: Parsed, message: str, tree: exp.Query, schema: MappingSchema) -> QueryFailed:
    at, column = _PLACE.search(message), _COLUMN.search(message)
    if column is None:
        return QueryFailed("SYNTAX_ERROR", "line 1:1: the names of the query cannot be resolved")
    name = column[1].strip('"').rsplit(".", 1)[-1].strip('"')
    shown, place = parsed.column(name, at=(int(at[1]), int(at[2])) if at else None)
    if _is_ambiguous(tree, name, schema):
        return QueryFailed("AMBIGUOUS_NAME", f"{place}: Column '{shown}' is ambiguous")
    return QueryFailed(
        "COLUMN_NOT_FOUND",
        f"{place}: Column '{shown}' cannot be resolved or requester is not authorized to access "
        "requested resources",
    )


def _is_ambiguous(tree: exp.Query, name: str, schema: MappingSchema) -> bool:
    """Tell whether several tables of one FROM have the column."""
    for scope in traverse_scope(tree):
        if any(column.name == name and not column.table for column in scope.columns):
            resolver = Resolver(scope, schema)
            found = [name in resolver.get_source_columns(one) for one in scope.selected_sources]
            if sum(found) > 1:
                return True
    return False


def _type_decimals(tree: exp.Expr) -> None:
    """Give decimal literals their type: 1.50 is a decimal(3,2) in Trino, never a double."""
    for cast in list(tree.find_all(exp.Cast)):
        if cast.to.this is exp.DataType.Type.DECIMAL and not cast.to.expressions:
            cast.set("to", _bare_decimal(cast.this))
    for node in list(tree.find_all(exp.Literal)):
        text = str(node.this)
        if not node.is_string and "." in text and "e" not in text.lower():
            node.replace(exp.Cast(this=node.copy(), to=_decimal_of(text)))


def _bare_decimal(value: exp.Expr) -> exp.DataType:
    """Give what DECIMAL stands for: the literal's own type in ``DECIMAL '1.50'``, or 38 digits."""
    if isinstance(value, exp.Literal) and value.is_string:
        return _decimal_of(value.name)
    return exp.DataType.build("DECIMAL(38,0)")


def _decimal_of(text: str) -> exp.DataType:
    whole, _, fraction = text.strip().lstrip("+-").partition(".")
    digits = len(whole.lstrip("0")) + len(fraction)
    return exp.DataType.build(f"DECIMAL({max(digits, 1)},{len(fraction)})")


def sources(resolved: Resolved) -> list[Source]:
    """Give each table of the query with the columns that the query names."""
    wanted: dict[tuple[str, str], set[str]] = {key: set() for key in resolved.tables}
    for scope in traverse_scope(resolved.tree):
        for column in scope.columns:
            node = scope.sources.get(column.table)
            if isinstance(node, exp.Table):
                wanted[node.db, node.name].add(column.name)
    return [
        Source(table, tuple(name for name in {**table.types(), **HIDDEN} if name in wanted[key]))
        for key, table in resolved.tables.items()
    ]
