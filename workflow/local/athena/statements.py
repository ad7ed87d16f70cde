"""What kind of statement a text is, and the file that its result goes to."""

import re
from dataclasses import dataclass

from workflow.local.athena.failures import QueryRefused


@dataclass(frozen=True)
class Statement:
    """A kind of statement: Athena's StatementType, its verb, and the end of its result file."""

    kind: str
    verb: str
    suffix: str

    def file_name(self, identity: str) -> str:
        """Give the name of the result file below the output location."""
        return self.suffix.format(id=identity)


_TEXT, _CSV, _TABLES = "{id}.txt", "{id}.csv", "tables/{id}"
# The order counts: the first pattern that fits names the statement.
_KINDS: tuple[tuple[re.Pattern[str], Statement], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), Statement(kind, verb, suffix))
    for pattern, kind, verb, suffix in (
        (r"(SELECT|WITH|VALUES|TABLE|\()\b|\(", "DML", "SELECT", _CSV),
        (r"UNLOAD\b", "DML", "UNLOAD", "{id}"),
        (r"INSERT\s+INTO\b", "DML", "INSERT", "{id}"),
        (
            r"CREATE\s+TABLE\s.*\bAS\s*(\(\s*)?(SELECT|WITH|VALUES|TABLE)\b",
            "DDL",
            "CREATE_TABLE_AS_SELECT",
            _TABLES,
        ),
        (r"CREATE\s+(EXTERNAL\s+)?TABLE\b", "DDL", "CREATE_TABLE", _TEXT),
        (r"CREATE\s+(DATABASE|SCHEMA)\b", "DDL", "CREATE_DATABASE", _TEXT),
        (r"DROP\s+TABLE\b", "DDL", "DROP_TABLE", _TEXT),
        (r"DROP\s+(DATABASE|SCHEMA)\b", "DDL", "DROP_DATABASE", _TEXT),
        (r"MSCK\s+REPAIR\s+TABLE\b", "DDL", "MSCK_REPAIR", _TEXT),
        (r"ALTER\s+TABLE\s+\S+\s+ADD\b", "DDL", "ALTER_TABLE_ADD_PARTITION", _TEXT),
        (r"ALTER\s+TABLE\s+\S+\s+DROP\b", "DDL", "ALTER_TABLE_DROP_PARTITION", _TEXT),
        (r"SHOW\s+(DATABASES|SCHEMAS)\b", "UTILITY", "SHOW_DATABASES", _TEXT),
        (r"SHOW\s+TABLES\b", "UTILITY", "SHOW_TABLES", _TEXT),
        (r"SHOW\s+PARTITIONS\b", "UTILITY", "SHOW_PARTITIONS", _TEXT),
        (r"SHOW\s+COLUMNS\b", "UTILITY", "SHOW_COLUMNS", _TEXT),
        (r"SHOW\s+CREATE\s+TABLE\b", "UTILITY", "SHOW_CREATE_TABLE", _TEXT),
        (r"(DESCRIBE|DESC)\b", "UTILITY", "DESCRIBE_TABLE", _TEXT),
        (
            (
                r"(CREATE|DROP|ALTER|SHOW|EXPLAIN|MERGE|UPDATE|DELETE|INSERT|PREPARE|EXECUTE|GRANT"
                r"|REVOKE|ANALYZE|VACUUM|OPTIMIZE|USE|REFRESH|DEALLOCATE)\b"
            ),
            "UTILITY",
            "OTHER",
            _TEXT,
        ),
    )
)


def classify(text: str) -> Statement:
    """Say what kind of statement a text is.

    Raises:
        QueryRefused: It starts like no statement.
    """
    for pattern, statement in _KINDS:
        if pattern.match(text):
            return statement
    word = re.match(r"\S*", text)
    shown = word[0] if word and word[0] else "<EOF>"
    raise QueryRefused(f"line 1:1: mismatched input '{shown}'", code="MALFORMED_QUERY")
