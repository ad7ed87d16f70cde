"""Glue and Athena."""

from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned


def workgroup(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Athena::WorkGroup."""
    found = clients.get("athena").get_work_group(WorkGroup=made.physical_id)["WorkGroup"]
    return {**found, "WorkGroupConfiguration": found["Configuration"]}


def database(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Glue::Database."""
    found = clients.get("glue").get_database(Name=made.physical_id)["Database"]
    return {"CatalogId": found["CatalogId"], "DatabaseInput": found}


def crawler(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Glue::Crawler."""
    found: dict[str, Any] = clients.get("glue").get_crawler(Name=made.physical_id)["Crawler"]
    return found
