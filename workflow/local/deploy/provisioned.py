"""What CloudFormation was asked to create, with every reference resolved.

The template's properties hold references (`Ref`, `Fn::GetAtt`), and no API shows what they became,
so they are noted while the emulator's CloudFormation creates the resources.
"""

import dataclasses
from typing import Any

from ministack.services.cloudformation import engine, provisioners

from workflow.local.shims.pins import Pin

PINS = (
    Pin("ministack.services.cloudformation.provisioners:_provision_resource", "0bf837d354ad1368"),
)


@dataclasses.dataclass(frozen=True)
class Provisioned:
    """One resource that was created."""

    type: str
    logical_id: str
    physical_id: str
    properties: dict[str, Any]


NOTED: list[Provisioned] = []
"""All resources that this process created since the last reset."""


def install() -> None:
    """Note each resource as it is created."""
    original = provisioners._provision_resource
    original = getattr(original, "__lakescrub_original__", original)

    def provision(
        resource_type: str, logical_id: str, props: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = original(resource_type, logical_id, props, stack_name)
        NOTED.append(Provisioned(resource_type, logical_id, physical_id, props))
        return physical_id, attributes

    provision.__lakescrub_original__ = original  # type: ignore[attr-defined]
    for module in (provisioners, engine, *_users()):
        if hasattr(module, "_provision_resource"):
            module._provision_resource = provision


def _users() -> list[Any]:
    import sys

    prefix = "ministack.services.cloudformation."
    return [module for name, module in sys.modules.items() if name.startswith(prefix)]
