"""Runs one query: plan over the catalog, load what it needs, let DuckDB answer.

Each query has a DuckDB of its own, in memory, that is gone with it. Once the data is loaded the
query can reach neither files nor network, and no setting can be changed.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from workflow.local.athena.catalog import Catalog
from workflow.local.athena.data_types import DataType, from_duckdb, to_duckdb
from workflow.local.athena.engine_errors import translate_error
from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.functions import MACROS
from workflow.local.athena.information_schema import InformationSchema
from workflow.local.athena.loading import Loader, Source
from workflow.local.athena.objects import Objects, Planned
from workflow.local.athena.parsing import Parsed, parse
from workflow.local.athena.pruning import conditions, prune
from workflow.local.athena.resolving import resolve, sources
from workflow.local.athena.rewriting import Now, rewrite
from workflow.local.athena.sql_text import identifier, literal
from workflow.local.athena.unnesting import flatten_unnests

_BATCH = 2048
_INTERVAL = "interval day to second"
_UNNAMED = re.compile(r"_col_?\d+")
_CODEC_NAMES = {"NONE": "UNCOMPRESSED"}
_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 2,
}
_SETTINGS = ("SET TimeZone='UTC'", "SET integer_division=true")


@dataclass(frozen=True)
class Request:
    """A query to run."""

    text: str
    database: str
    parameters: Sequence[str]
    now: dt.datetime


@dataclass(frozen=True)
class Answer:
    """Columns, rows to be read once, and what was read to get them."""

    columns: tuple[tuple[str, DataType], ...]
    rows: Iterator[tuple[Any, ...]]
    scanned: int


@dataclass(frozen=True)
class _Plan:
    source: Source
    objects: list[Planned]


@dataclass(frozen=True)
class _Ready:
    """A query whose tables are loaded, as DuckDB's text."""

    sql: str
    parsed: Parsed
    scanned: int


class Run:
    """One query in its own DuckDB; `interrupt` stops it.

    Args:
        catalog: The Glue catalog.
        objects: The lake.
        folder: A temporary folder of the query.
    """

    def __init__(self, catalog: Catalog, objects: Objects, folder: Path) -> None:
        """Open the DuckDB."""
        self._catalog = catalog
        self._objects = objects
        self.folder = folder
        self.connection = duckdb.connect(":memory:", config=_CONFIG)
        self._prepare()

    def _prepare(self) -> None:
        # What does not fit into memory goes to the run's folder, not to the current one.
        spill = literal(str(self.folder / "spill"))
        for setting in (*_SETTINGS, f"SET temp_directory={spill}"):
            self.connection.execute(setting)
        for macro in MACROS:
            self.connection.execute(f"CREATE MACRO {macro}")
        self.connection.execute("ATTACH ':memory:' AS awsdatacatalog")
        self._loader = Loader(self.connection, self._objects, self.folder)

    def interrupt(self) -> None:
        """Stop what DuckDB is doing; nothing where it has ended."""
        with suppress(duckdb.Error):
            self.connection.interrupt()

    def answer(self, request: Request, *, planned: Callable[[], None] = lambda: None) -> Answer:
        """Plan and run the query.

        Args:
            request: The query.
            planned: Called between planning and execution.

        Raises:
            QueryFailed: As Athena's StateChangeReason says.
            QueryRefused: The text is not SQL.
        """
        return self._select(self._loaded(request, planned))

    def export(self, request: Request, path: Path, *, codec: str, named: bool) -> Answer:
        """Run the query and write its rows to a Parquet file; the answer is their number.

        Args:
            request: The query.
            path: The file, in the run's folder.
            codec: The compression.
            named: Whether every column must have a name and a type.

        Raises:
            QueryFailed: As Athena's StateChangeReason says.
        """
        ready = self._loaded(request, lambda: None)
        columns = self._columns(ready)
        check_columns(columns, named=named)
        cells = [
            f"CAST(#{i} AS {to_duckdb(kind)}) AS {identifier(name)}"
            for i, (name, kind) in enumerate(columns, start=1)
        ]
        with _translated(ready.parsed):
            self.connection.execute(
                f"COPY (SELECT {', '.join(cells)} FROM ({ready.sql})) TO {literal(str(path))} "  # noqa: S608
                f"(FORMAT parquet, COMPRESSION {_CODEC_NAMES.get(codec, codec)})"
            )
        return Answer(columns, self._rows(ready.parsed), ready.scanned)

    def _loaded(self, request: Request, planned: Callable[[], None]) -> _Ready:
        parsed = parse(request.text, request.parameters)
        information = InformationSchema(self._catalog)
        resolved = resolve(
            parsed,
            database=request.database,
            lookup=lambda schema, name: (
                information.table(schema, name) or self._catalog.table(schema, name)
            ),
            has_database=self._catalog.has_database,
        )
        tree = rewrite(resolved.tree, parsed=parsed, now=Now(request.now))
        with _translated(parsed):
            plans = [self._plan(tree, source) for source in sources(resolved)]
            planned()
            scanned = sum(self._load(plan, information) for plan in plans)
            self._lock()
            return _Ready(_generate(flatten_unnests(tree)), parsed, scanned)

    def _plan(self, tree: exp.Query, source: Source) -> _Plan:
        self._loader.create(source)
        if InformationSchema.holds(source.table):
            return _Plan(source, [])
        partitions = self._catalog.partitions(source.table)
        wanted = prune(self.connection, source.table, partitions, conditions(tree, source.table))
        return _Plan(source, self._objects.plan(wanted))

    def _load(self, plan: _Plan, information: InformationSchema) -> int:
        if InformationSchema.holds(plan.source.table):
            information.fill(self.connection, plan.source)
            return 0
        return self._loader.load(plan.source, plan.objects)

    def _lock(self) -> None:
        folder = literal(str(self.folder))
        self.connection.execute(f"SET allowed_directories=[{folder}]")
        self.connection.execute("SET enable_external_access=false")
        self.connection.execute("SET lock_configuration=true")

    def _columns(self, ready: _Ready) -> tuple[tuple[str, DataType], ...]:
        with _translated(ready.parsed):
            relation = self.connection.sql(ready.sql)
        types = [from_duckdb(kind) for kind in relation.types]
        if any(kind.name == _INTERVAL for kind in types):
            raise not_supported("An interval in a result")
        names = ready.parsed.names or [
            # A star before an unnamed column has moved it; sqlglot writes _col_0 for VALUES.
            f"_col{i}" if _UNNAMED.fullmatch(name) else name
            for i, name in enumerate(relation.columns)
        ]
        return tuple(zip(names, types, strict=True))

    def _select(self, ready: _Ready) -> Answer:
        columns = self._columns(ready)
        sql = _without_zones(ready.sql, [kind for _, kind in columns])
        with _translated(ready.parsed):
            self.connection.execute(sql)
        return Answer(columns, self._rows(ready.parsed), ready.scanned)

    def _rows(self, parsed: Parsed) -> Iterator[tuple[Any, ...]]:
        with _translated(parsed):
            while batch := self.connection.fetchmany(_BATCH):
                yield from batch


def _generate(tree: exp.Query) -> str:
    """Write the tree for DuckDB; what sqlglot would leave out is refused."""
    try:
        return tree.sql("duckdb", comments=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError:
        raise not_supported("A construct of the query") from None


def _without_zones(sql: str, types: list[DataType]) -> str:
    """Show moments in UTC: Python needs a further package to read DuckDB's."""
    if any(part.name == "timestamp with time zone" for one in types for part in one.parts):
        raise not_supported("A timestamp with time zone inside an array or a row")
    if not any(one.name == "timestamp with time zone" for one in types):
        return sql
    cells = [
        f"#{i} AT TIME ZONE 'UTC'" if one.name == "timestamp with time zone" else f"#{i}"
        for i, one in enumerate(types, start=1)
    ]
    return f"SELECT {', '.join(cells)} FROM ({sql})"  # noqa: S608


@contextmanager
def _translated(parsed: Parsed) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise translate_error(error, parsed) from None


@contextmanager
def open_run(catalog: Catalog, objects: Objects) -> Iterator[Run]:
    """Give a run whose DuckDB and whose files are gone afterwards."""
    with TemporaryDirectory(prefix="lakescrub-athena-") as folder:
        run = Run(catalog, objects, Path(folder))
        try:
            yield run
        finally:
            run.connection.close()


def check_columns(columns: Sequence[tuple[str, DataType]], *, named: bool) -> None:
    """Refuse columns that a file or a table cannot have.

    Raises:
        QueryFailed: A name or a type is missing, or a name is there twice.
    """
    seen = set[str]()
    for position, (name, kind) in enumerate(columns, start=1):
        if named and _UNNAMED.fullmatch(name):
            raise QueryFailed(
                "MISSING_COLUMN_NAME",
                f"line 1:1: Column name not specified at position {position}",
            )
        if name.lower() in seen:
            raise QueryFailed(
                "DUPLICATE_COLUMN_NAME",
                f"line 1:1: Column name '{name}' specified more than once",
            )
        if kind.name == "unknown":
            raise QueryFailed("COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown: {name}")
        seen.add(name.lower())
