"""Lake Formation: where it governs the tables, rights of IAM alone are not enough.

https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow.doctor.commands import aws
from workflow.doctor.findings import Finding, Severity

CHECK = "Lake Formation"
# Whoever IAM allows: the group that says that IAM alone decides.
IAM_ALLOWED = "IAM_ALLOWED_PRINCIPALS"
CRAWLER_NEEDS = ("ALTER", "CREATE_TABLE", "DESCRIBE")
TABLES_NEED = ("ALTER", "DESCRIBE", "INSERT")


@dataclass(frozen=True, kw_only=True)
class Governance:
    """Who was granted what.

    Attributes:
        database: The database.
        on_database: Rights on the database by principal.
        on_tables: Rights on all of its tables by principal.
        crawler_role: The role of the crawler.
        table_roles: Roles that look at tables and add partitions.
        locations: Registered locations that hold the lake, each with who may use it.
    """

    database: str
    on_database: Mapping[str, frozenset[str]]
    on_tables: Mapping[str, frozenset[str]]
    crawler_role: str
    table_roles: tuple[str, ...]
    locations: Mapping[str, frozenset[str]] = field(default_factory=dict)


def check_governance(found: Governance, prefixes: tuple[str, ...]) -> Iterator[Finding]:
    """Say what the stack's roles lack to work on tables over these prefixes."""
    if "ALL" in found.on_database.get(IAM_ALLOWED, ()):
        what = f"rights on {found.database} are those of IAM alone"
        missing = []
    else:
        what = f"it governs {found.database}, and the stack's roles have their grants"
        missing = [*_database(found), *_tables(found)]
    missing += _locations(found, prefixes)
    yield from missing or [Finding(CHECK, Severity.OK, what)]


def _database(found: Governance) -> Iterator[Finding]:
    if _lacks(found.on_database, found.crawler_role, CRAWLER_NEEDS):
        what = f"it governs {found.database}, and the crawler may make no tables there"
        resource = {"Database": {"Name": found.database}}
        command = _grant(found.crawler_role, CRAWLER_NEEDS, resource)
        yield Finding(CHECK, Severity.PROBLEM, what, (command,))


def _tables(found: Governance) -> Iterator[Finding]:
    resource = {"Table": {"DatabaseName": found.database, "TableWildcard": {}}}
    for role in found.table_roles:
        if _lacks(found.on_tables, role, TABLES_NEED):
            what = f"it governs {found.database}, and {_short(role)} may add no partitions there"
            yield Finding(CHECK, Severity.PROBLEM, what, (_grant(role, TABLES_NEED, resource),))


def _locations(found: Governance, prefixes: tuple[str, ...]) -> Iterator[Finding]:
    for location, principals in found.locations.items():
        if found.crawler_role not in principals and _is_near(location, prefixes):
            what = f"{location} is registered, and the crawler may make no table over it"
            resource = {"DataLocation": {"ResourceArn": location}}
            command = _grant(found.crawler_role, ("DATA_LOCATION_ACCESS",), resource)
            yield Finding(CHECK, Severity.PROBLEM, what, (command,))


def _is_near(location: str, prefixes: tuple[str, ...]) -> bool:
    folder = location.partition(":::")[2].partition("/")[2]
    return any(prefix.startswith(folder) or folder.startswith(prefix) for prefix in prefixes)


def _lacks(grants: Mapping[str, frozenset[str]], role: str, needed: tuple[str, ...]) -> bool:
    granted = grants.get(role, frozenset()) | grants.get(IAM_ALLOWED, frozenset())
    return "ALL" not in granted and not granted >= set(needed)


def _grant(role: str, permissions: tuple[str, ...], resource: Mapping[str, Any]) -> str:
    return aws(
        "lakeformation",
        "grant-permissions",
        principal=f"DataLakePrincipalIdentifier={role}",
        permissions=permissions,
        resource=resource,
    )


def _short(role: str) -> str:
    return role.rpartition("/")[2]
