"""Compare what the template says with what the services' APIs show after the deployment."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.local.clients import Clients
from workflow.local.deploy.readers import READERS
from workflow.local.deploy.reviewed import NO_LOCAL_EFFECT, UNSEEN

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned

_SERVICE_TAGS = "aws:"


def unknown_types(template: dict[str, Any]) -> list[str]:
    """Say which resources nobody knows how to check."""
    return [
        f"{name} ({resource['Type']}): the embedded stack does not know this resource type"
        for name, resource in sorted(template["Resources"].items())
        if resource["Type"] not in READERS
        and resource["Type"] not in NO_LOCAL_EFFECT
        and not resource["Type"].startswith("Custom::")
    ]


def lost_properties(clients: Clients, resources: "list[Provisioned]") -> list[str]:
    """Say which properties of the template did not take effect."""
    return [problem for resource in resources for problem in _lost(clients, resource)]


def _lost(clients: Clients, resource: "Provisioned") -> Iterator[str]:
    place = f"{resource.logical_id} ({resource.type})"
    if resource.type not in READERS:
        return
    try:
        shown = READERS[resource.type](clients, resource)
    except ClientError as error:
        yield f"{place}: not there after the deployment: {error.response['Error']['Code']}"
        return
    for name, wanted in _own(resource.properties).items():
        for path in _missing(wanted, shown.get(name), name):
            if not {(resource.type, path), (resource.type, name)} & UNSEEN.keys():
                yield f"{place}: {path} cannot be seen through the API after the deployment"


def _own(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties without the tags that CloudFormation itself adds."""
    tags = properties.get("Tags")
    if not isinstance(tags, list):
        return {name: value for name, value in properties.items() if name != "Tags"}
    own = [tag for tag in tags if not str(tag.get("Key", "")).startswith(_SERVICE_TAGS)]
    rest = {name: value for name, value in properties.items() if name != "Tags"}
    return {**rest, "Tags": own} if own else rest


def _missing(wanted: Any, shown: Any, path: str) -> Iterator[str]:
    """The paths below `path` where the API does not show what was wanted."""
    if isinstance(wanted, dict) and isinstance(shown, dict):
        for name, part in wanted.items():
            yield from _missing(part, shown.get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(shown, list):
        for part in wanted:
            yield from _best(part, shown, path)
    elif not _same(wanted, shown):
        yield path


def _best(wanted: Any, candidates: list[Any], path: str) -> list[str]:
    """An element is found when one candidate shows it; else name what the nearest one lacks."""
    tried = [list(_missing(wanted, candidate, path)) for candidate in candidates]
    return min(tried, key=len, default=[path])


def _same(wanted: Any, shown: Any) -> bool:
    if isinstance(shown, list) and len(shown) == 1:
        shown = shown[0]
    if isinstance(wanted, list) and len(wanted) == 1:
        wanted = wanted[0]
    return _plain(wanted) == _plain(shown)


def _plain(value: Any) -> str:
    """Templates and APIs differ in how they write numbers and truth."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | str):
        text = str(value)
        return text.lower() if text.lower() in {"true", "false"} else text.removesuffix(".0")
    return json.dumps(value, sort_keys=True, default=str)
