"""A template's reference to a secret is its ARN.

Wrong in ministack 1.5.33: Ref of AWS::SecretsManager::Secret gives the secret's name, so a policy
that names the secret by Ref allows nothing.
AWS: "Ref returns the ARN of the secret".
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

from typing import Any

from ministack.services.cloudformation import provisioners

from workflow.local.shims.pins import Pin

TYPE = "AWS::SecretsManager::Secret"
PINS = (
    Pin("ministack.services.cloudformation.provisioners:_sm_secret_create", "f0e37a28088bd51d"),
)


def install() -> None:
    """Give the ARN as the resource's physical id."""
    provisioners._RESOURCE_HANDLERS[TYPE]["create"] = _create


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
    _, attributes = provisioners._sm_secret_create(logical_id, properties, stack_name)
    return attributes["Arn"], attributes
