"""Lambda, Step Functions, and where they log."""

from typing import TYPE_CHECKING, Any

from workflow.local.clients import Clients
from workflow.local.deploy.readers.shapes import parsed, pascal

if TYPE_CHECKING:
    from workflow.local.deploy.provisioned import Provisioned


def function(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Lambda::Function."""
    client = clients.get("lambda")
    found = client.get_function(FunctionName=made.physical_id)
    shown = dict(found["Configuration"])
    if "Concurrency" in found:
        shown["ReservedConcurrentExecutions"] = found["Concurrency"].get(
            "ReservedConcurrentExecutions"
        )
    return shown


def mapping(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Lambda::EventSourceMapping."""
    found = clients.get("lambda").get_event_source_mapping(UUID=made.physical_id)
    wanted = str(made.properties.get("FunctionName", ""))
    named = found["FunctionArn"] in (wanted, f"{found['FunctionArn'].rpartition(':')[0]}:{wanted}")
    return {
        **found,
        "Enabled": found["State"] == "Enabled",
        "FunctionName": wanted if named else found["FunctionArn"],
    }


def invoke_config(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Lambda::EventInvokeConfig."""
    named = {name: made.properties[name] for name in ("FunctionName", "Qualifier")}
    found = clients.get("lambda").get_function_event_invoke_config(**named)
    return {**found, **named}


def permission(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Lambda::Permission: found when a statement of the function's policy says the same."""
    wanted = made.properties
    name = str(wanted["FunctionName"])
    policy = parsed(clients.get("lambda").get_policy(FunctionName=name)["Policy"])
    for statement in policy["Statement"]:
        principal = statement["Principal"]
        shown = {
            "Action": statement["Action"],
            "FunctionName": name,
            "Principal": principal.get("Service") if isinstance(principal, dict) else principal,
            **_conditions(statement.get("Condition", {})),
        }
        if all(shown.get(key) == value for key, value in wanted.items()):
            return shown
    return {}


def _conditions(condition: dict[str, Any]) -> dict[str, Any]:
    flat = {key.lower(): value for part in condition.values() for key, value in part.items()}
    names = {"aws:sourcearn": "SourceArn", "aws:sourceaccount": "SourceAccount"}
    return {names[key]: value for key, value in flat.items() if key in names}


def log_group(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::Logs::LogGroup."""
    pages = clients.get("logs").describe_log_groups(logGroupNamePrefix=made.physical_id)
    found = next(g for g in pages["logGroups"] if g["logGroupName"] == made.physical_id)
    shown: dict[str, Any] = pascal(found)
    return shown


def state_machine(clients: Clients, made: "Provisioned") -> dict[str, Any]:
    """AWS::StepFunctions::StateMachine."""
    states = clients.get("stepfunctions")
    found = states.describe_state_machine(stateMachineArn=made.physical_id)
    wanted, definition = made.properties, found["definition"]
    given = wanted.get("DefinitionSubstitutions", {})
    text = str(wanted.get("DefinitionString", ""))
    for name, value in given.items():
        text = text.replace(f"${{{name}}}", str(value))
    return {
        "DefinitionString": wanted.get("DefinitionString") if text == definition else definition,
        "DefinitionSubstitutions": {k: v for k, v in given.items() if str(v) in definition},
        "LoggingConfiguration": pascal(found["loggingConfiguration"]),
        "RoleArn": found["roleArn"],
        "StateMachineName": found["name"],
        "StateMachineType": found["type"],
        "TracingConfiguration": pascal(found["tracingConfiguration"]),
    }
