"""Roles, policies, keys and secrets."""

from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients
from workflow.local.deploy.readers.shapes import parsed

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned


def role(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::IAM::Role."""
    iam, name = clients.get("iam"), made.physical_id
    shown = dict(iam.get_role(RoleName=name)["Role"])
    if "ManagedPolicyArns" in made.properties:
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        shown["ManagedPolicyArns"] = [policy["PolicyArn"] for policy in attached]
    if "Policies" in made.properties:
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        shown["Policies"] = [_inline(iam, name, policy) for policy in names]
    return shown


def policy(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::IAM::Policy: inline on all of its roles."""
    iam, name = clients.get("iam"), made.properties["PolicyName"]
    roles = list(made.properties.get("Roles", []))
    shown = [_inline(iam, role_name, name) for role_name in roles]
    first = shown[0] if shown else {}
    same = [r for r, found in zip(roles, shown, strict=True) if found == first]
    return {**first, "Roles": same}


def _inline(iam: Any, role_name: str, name: str) -> dict[str, Any]:
    found = iam.get_role_policy(RoleName=role_name, PolicyName=name)
    return {"PolicyName": name, "PolicyDocument": parsed(found["PolicyDocument"])}


def key(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::KMS::Key."""
    kms, name = clients.get("kms"), made.physical_id
    shown = dict(kms.describe_key(KeyId=name)["KeyMetadata"])
    shown["EnableKeyRotation"] = kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]
    found = kms.get_key_policy(KeyId=name, PolicyName="default")["Policy"]
    return {**shown, "KeyPolicy": parsed(found)}


def alias(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::KMS::Alias."""
    listed = clients.get("kms").list_aliases()["Aliases"]
    wanted = str(made.properties["TargetKeyId"])
    for found in listed:
        if found["AliasName"] == made.properties["AliasName"]:
            same = wanted.endswith(found.get("TargetKeyId", "?"))
            return {**found, "TargetKeyId": wanted if same else found.get("TargetKeyId")}
    return {}


def secret(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::SecretsManager::Secret; a generated value is there when its parts are."""
    secrets = clients.get("secretsmanager")
    found = dict(secrets.describe_secret(SecretId=made.physical_id))
    wanted = made.properties.get("GenerateSecretString")
    if wanted:
        value = secrets.get_secret_value(SecretId=made.physical_id)["SecretString"]
        name = wanted.get("GenerateStringKey")
        generated = parsed(value)[name] if name else value
        asked = int(wanted.get("PasswordLength", 32))
        found["GenerateSecretString"] = wanted if len(generated) == asked else {}
    return found
