"""Partition pruning: a query reads only the partitions that its WHERE can be true for."""

from collections.abc import Iterator

import duckdb
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from workflow.local.athena.catalog import Partition, Table
from workflow.local.athena.data_types import to_duckdb
from workflow.local.athena.loading import partition_values
from workflow.local.athena.sql_text import identifier, literal


def conditions(tree: exp.Query, table: Table) -> list[tuple[str, list[str]]] | None:
    """Give, for each use of a table, its alias and what WHERE asks of the partition keys.

    None where some use of the table asks nothing: all partitions are read then.
    """
    found = []
    for scope in traverse_scope(tree):
        if isinstance(scope.expression, exp.Unnest):
            continue  # sees the sources to its left, which are somebody else's
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and (source.db, source.name) == (
                table.database,
                table.name,
            ):
                asked = list(_asked(scope, alias, table))
                if not asked:
                    return None
                found.append((alias, asked))
    return found


def _asked(scope: Scope, alias: str, table: Table) -> Iterator[str]:
    select = scope.expression
    where = select.args.get("where") if isinstance(select, exp.Select) else None
    joins = select.args.get("joins") or () if where is not None else ()
    if where is None or any(join.side for join in joins):
        # An outer join turns rows that are not read into NULLs, which WHERE may ask for.
        return
    keys = {key.name for key in table.partition_keys}
    for one in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        columns = list(one.find_all(exp.Column))
        ours = all(column.table == alias and column.name in keys for column in columns)
        if columns and ours and not one.find(exp.Query):
            yield one.sql("duckdb")


def prune(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    partitions: list[Partition],
    asked: list[tuple[str, list[str]]] | None,
) -> list[Partition]:
    """Keep the partitions that any use of the table can see."""
    if asked is None or not table.partition_keys:
        return partitions
    kept: set[int] = set()
    rows = ", ".join(_row(i, table, one) for i, one in enumerate(partitions))
    names = ", ".join(identifier(key.name) for key in table.partition_keys)
    for alias, tests in asked if partitions else ():
        sql = (
            f'SELECT "$number" FROM (VALUES {rows}) AS {identifier(alias)}("$number", {names}) '  # noqa: S608
            f"WHERE {' AND '.join(f'({test})' for test in tests)}"
        )
        try:
            kept.update(row[0] for row in connection.execute(sql).fetchall())
        except duckdb.Error:
            return partitions
    return [one for i, one in enumerate(partitions) if i in kept]


def _row(number: int, table: Table, partition: Partition) -> str:
    values = partition_values(table, partition)
    cells = [
        f"CAST({literal(str(values[key.name]))} AS {to_duckdb(key.type)})"
        if values.get(key.name) is not None
        else f"CAST(NULL AS {to_duckdb(key.type)})"
        for key in table.partition_keys
    ]
    return f"({number}, {', '.join(cells)})"
