"""SHOW and DESCRIBE, and the statements that write to the catalog.

Athena answers these with lines of text. Each statement is an entry of `_STATEMENTS`: its verb, the
pattern of its text, and the method that answers it.
"""

import fnmatch
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.local.athena.catalog import Catalog, Partition, Table
from workflow.local.athena.create_table import read_create_table
from workflow.local.athena.data_types import to_hive
from workflow.local.athena.failures import QueryFailed, not_supported
from workflow.local.athena.objects import Objects

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_WIDTH = 20
_NAME = r"((?:[`\"]?[\w$]+[`\"]?\.)?[`\"]?[\w$ -]+?[`\"]?)"
_PAIR = re.compile(r"[`\"]?(\w+)[`\"]?\s*=\s*(?:'((?:[^']|'')*)'|([^\s,)]+))")
_CLAUSE = re.compile(
    r"PARTITION\s*\(((?:'(?:[^']|'')*'|[^')])*)\)(?:\s*LOCATION\s*'([^']*)')?", re.IGNORECASE
)


@dataclass(frozen=True)
class Told:
    """The lines of text that a statement gives, and the names of the columns in them."""

    columns: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Utility:
    """Answers the statements that are not queries.

    Args:
        catalog: What they read.
        objects: The lake, for MSCK REPAIR TABLE.
        glue: What they write to.
    """

    def __init__(self, catalog: Catalog, objects: Objects, glue: "GlueClient") -> None:
        """Keep what it works with."""
        self._catalog = catalog
        self._objects = objects
        self._glue: Any = glue

    def run(self, verb: str, text: str, database: str) -> Told:
        """Answer one statement.

        Raises:
            QueryFailed: As Athena's StateChangeReason says.
        """
        if verb not in _STATEMENTS:
            words = " ".join(text.split()[:3]).upper()
            raise not_supported(f"The statement {words}")
        pattern, answer = _STATEMENTS[verb]
        match = pattern.fullmatch(text)
        if match is None:
            raise QueryFailed("FAILED", f"ParseException line 1:0 cannot recognize this {verb}")
        try:
            return answer(self, match, database)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise QueryFailed("FAILED", f"Execution Error, return code 1: {code}") from None

    def _find(self, name: str, database: str) -> Table:
        schema, table = _split(name, database)
        found = self._catalog.table(schema, table)
        if found is None:
            raise QueryFailed(
                "FAILED", f"SemanticException [Error 10001]: Table not found {schema}.{table}"
            )
        return found

    def _databases(self, match: re.Match[str], _database: str) -> Told:
        names = self._catalog.databases()
        return Told(("database_name",), tuple(_like(names, match[1])))

    def _tables(self, match: re.Match[str], database: str) -> Told:
        schema = _bare(match[1] or database)
        if not self._catalog.has_database(schema):
            raise QueryFailed(
                "FAILED", f"SemanticException [Error 10072]: Database does not exist: {schema}"
            )
        names = [table.name for table in self._catalog.tables(schema)]
        return Told(("tab_name",), tuple(_like(names, match[2])))

    def _partitions(self, match: re.Match[str], database: str) -> Told:
        table = self._find(match[1], database)
        if not table.partition_keys:
            raise QueryFailed(
                "FAILED",
                f"Execution Error, return code 1: Table {table.name} is not a partitioned table",
            )
        names = [_folder(table, one.values) for one in self._catalog.partitions(table)]
        return Told(("partition",), tuple(sorted(names)))

    def _columns(self, match: re.Match[str], database: str) -> Told:
        table = self._find(match[1], match[2] or database)
        return Told(("field",), tuple(f"{name:<{_WIDTH}}" for name in table.types()))

    def _describe(self, match: re.Match[str], database: str) -> Told:
        table = self._find(match[1], database)
        rows = [(one.name, to_hive(one.type), one.comment) for one in table.columns]
        keys = [(one.name, to_hive(one.type), one.comment) for one in table.partition_keys]
        lines = [_described(*row) for row in [*rows, *keys]]
        if keys:
            head = _described("# col_name", "data_type", "comment")
            blank = _described("", "", "")
            titles = [blank, _described("# Partition Information", "", ""), head, blank]
            lines += [*titles, *(_described(*row) for row in keys)]
        return Told(("col_name", "data_type", "comment"), tuple(lines))

    def _repair(self, match: re.Match[str], database: str) -> Told:
        table = self._find(match[1], database)
        known = {one.values for one in self._catalog.partitions(table)}
        found = {values: at for values, at in self._folders(table) if values not in known}
        for values, location in sorted(found.items()):
            self._add(table, values, location, lenient=True)
        names = [f"{table.name}:{_folder(table, values)}" for values in sorted(found)]
        missing = ["\t".join(("Partitions not in metastore:", *names))] if names else []
        return Told(
            (), (*missing, *(f"Repair: Added partition to metastore {name}" for name in names))
        )

    def _folders(self, table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
        base = table.location.rstrip("/")
        for planned in self._objects.plan([Partition((), table.location, table.serde)]):
            folders = planned.uri[len(base) + 1 :].split("/")[:-1][: len(table.partition_keys)]
            pairs = [folder.partition("=") for folder in folders]
            names = [name.lower() for name, _, _ in pairs]
            if names == [key.name for key in table.partition_keys]:
                yield tuple(value for _, _, value in pairs), f"{base}/{'/'.join(folders)}/"

    def _add_partitions(self, match: re.Match[str], database: str) -> Told:
        table = self._find(match[1], database)
        for clause in _CLAUSE.finditer(match[3]):
            values = _values(table, clause[1])
            default = f"{table.location.rstrip('/')}/{_folder(table, values)}/"
            self._add(table, values, clause[2] or default, lenient=bool(match[2]))
        return Told()

    def _add(self, table: Table, values: tuple[str, ...], location: str, *, lenient: bool) -> None:
        storage = {**table.raw["StorageDescriptor"], "Location": location}
        answer = self._glue.batch_create_partition(
            DatabaseName=table.database,
            TableName=table.name,
            PartitionInputList=[{"Values": list(values), "StorageDescriptor": storage}],
        )
        if answer.get("Errors") and not lenient:
            raise QueryFailed(
                "FAILED", "Execution Error, return code 1: AlreadyExistsException: Partition"
            )

    def _drop_partitions(self, match: re.Match[str], database: str) -> Told:
        table = self._find(match[1], database)
        for clause in _CLAUSE.finditer(match[3]):
            values = list(_values(table, clause[1]))
            self._glue.delete_partition(
                DatabaseName=table.database, TableName=table.name, PartitionValues=values
            )
        return Told()

    def _create_table(self, match: re.Match[str], database: str) -> Told:
        created = read_create_table(match[0])
        schema, name = _split(created.name, database)
        if created.lenient and self._catalog.table(schema, name):
            return Told()
        self._glue.create_table(
            DatabaseName=schema, TableInput={**created.table_input, "Name": name}
        )
        return Told()

    def _drop_table(self, match: re.Match[str], database: str) -> Told:
        schema, name = _split(match[2], database)
        if match[1] and self._catalog.table(schema, name) is None:
            return Told()
        self._glue.delete_table(DatabaseName=schema, Name=name)
        return Told()

    def _create_database(self, match: re.Match[str], _database: str) -> Told:
        name = _bare(match[2])
        if not (match[1] and self._catalog.has_database(name)):
            self._glue.create_database(DatabaseInput={"Name": name})
        return Told()

    def _drop_database(self, match: re.Match[str], _database: str) -> Told:
        name = _bare(match[2])
        if match[1] and not self._catalog.has_database(name):
            return Told()
        if self._catalog.tables(name) and not match[3]:
            raise QueryFailed(
                "FAILED", f"InvalidOperationException(message:Database {name} is not empty)"
            )
        self._glue.delete_database(Name=name)
        return Told()


def _bare(name: str) -> str:
    return name.strip().strip("`\"'").lower()


def _split(name: str, database: str) -> tuple[str, str]:
    schema, _, table = name.rpartition(".")
    return _bare(schema or database), _bare(table)


def _like(names: list[str], pattern: str | None) -> list[str]:
    """Filter names by a Hive pattern: * for anything, | for or."""
    wanted = (pattern or "*").lower().split("|")
    return [name for name in names if any(fnmatch.fnmatchcase(name, one) for one in wanted)]


def _folder(table: Table, values: tuple[str, ...]) -> str:
    pairs = zip(table.partition_keys, values, strict=False)
    return "/".join(f"{key.name}={value}" for key, value in pairs)


def _described(name: str, kind: str, comment: str) -> str:
    return "\t".join(f"{cell:<{_WIDTH}}" for cell in (name, kind, comment))


def _values(table: Table, clause: str) -> tuple[str, ...]:
    given = {
        m[1].lower(): m[2].replace("''", "'") if m[2] is not None else m[3]
        for m in _PAIR.finditer(clause)
    }
    if sorted(given) != sorted(key.name for key in table.partition_keys):
        raise QueryFailed(
            "FAILED", "SemanticException Partition spec does not match the table's partition keys"
        )
    return tuple(given[key.name] for key in table.partition_keys)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


_Answer = Callable[[Utility, re.Match[str], str], Told]
_STATEMENTS: dict[str, tuple[re.Pattern[str], _Answer]] = {
    verb: (_pattern(text.replace("NAME", _NAME)), answer)
    for verb, text, answer in (
        ("SHOW_DATABASES", r"SHOW (?:DATABASES|SCHEMAS)(?: LIKE '([^']*)')?", Utility._databases),
        (
            "SHOW_TABLES",
            r"SHOW TABLES(?: (?:IN|FROM) ([`\"]?\w+[`\"]?))?(?:(?: LIKE)? '([^']*)')?",
            Utility._tables,
        ),
        ("SHOW_PARTITIONS", r"SHOW PARTITIONS NAME", Utility._partitions),
        (
            "SHOW_COLUMNS",
            r"SHOW COLUMNS (?:IN|FROM) NAME(?: (?:IN|FROM) ([`\"]?\w+[`\"]?))?",
            Utility._columns,
        ),
        ("DESCRIBE_TABLE", r"(?:DESCRIBE|DESC)(?: TABLE)? NAME", Utility._describe),
        ("MSCK_REPAIR", r"MSCK REPAIR TABLE NAME", Utility._repair),
        (
            "ALTER_TABLE_ADD_PARTITION",
            r"ALTER TABLE NAME ADD( IF NOT EXISTS)?(\s*PARTITION.*)",
            Utility._add_partitions,
        ),
        (
            "ALTER_TABLE_DROP_PARTITION",
            r"ALTER TABLE NAME DROP( IF EXISTS)?(\s*PARTITION.*)",
            Utility._drop_partitions,
        ),
        ("CREATE_TABLE", r"CREATE .*", Utility._create_table),
        ("DROP_TABLE", r"DROP TABLE( IF EXISTS)? NAME", Utility._drop_table),
        (
            "CREATE_DATABASE",
            r"CREATE (?:DATABASE|SCHEMA)( IF NOT EXISTS)? ([`\"]?\w+[`\"]?)(?: .*)?",
            Utility._create_database,
        ),
        (
            "DROP_DATABASE",
            r"DROP (?:DATABASE|SCHEMA)( IF EXISTS)? ([`\"]?\w+[`\"]?)( CASCADE)?(?: RESTRICT)?",
            Utility._drop_database,
        ),
    )
}
