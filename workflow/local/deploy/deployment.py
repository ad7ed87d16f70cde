"""Create the stack of a template through the CloudFormation API, as `cdk deploy` does."""

import dataclasses
import json
import pathlib
import re
import time
from typing import Any

from workflow.errors import LakescrubError
from workflow.local.clients import Clients
from workflow.local.deploy.repairs import repair
from workflow.local.deploy.verification import lost_properties, unknown_types
from workflow.local.emulator import ACCOUNT
from workflow.local.runtime.task_root import placeholder_zip

DEFAULT_STACK = "lakescrub-dev"
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/[\w-]+/version")
_POLL = 0.02
_PATIENCE = 60.0


class DeploymentFailed(LakescrubError):
    """The template cannot be deployed to the embedded stack as it is."""


@dataclasses.dataclass(frozen=True)
class Deployed:
    """A stack that stands."""

    name: str
    outputs: dict[str, str]
    resources: dict[str, str]
    """Logical id -> physical id."""


def read_template(source: pathlib.Path | dict[str, Any]) -> dict[str, Any]:
    """Read a template, unless it is one already.

    Raises:
        DeploymentFailed: The file is missing or no JSON.
    """
    if isinstance(source, dict):
        return source
    try:
        template: dict[str, Any] = json.loads(source.read_text())
    except OSError as error:
        raise DeploymentFailed(f"{source}: {error.strerror}") from None
    except ValueError as error:
        raise DeploymentFailed(f"{source}: not JSON: {error}") from None
    return template


def deploy(clients: Clients, template: dict[str, Any], *, name: str) -> Deployed:
    """Create the stack and wait until it stands.

    Raises:
        DeploymentFailed: A resource could not be created; the text names it.
    """
    from workflow.local.deploy import provisioned

    problems = unknown_types(template)
    if problems:
        raise DeploymentFailed("; ".join(problems))
    provisioned.NOTED.clear()
    _bootstrap(clients, template)
    address = _upload(clients, template, name=name)
    cloudformation = clients.get("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=address,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    stack = _settled(cloudformation, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeploymentFailed(_failures(cloudformation, name, stack))
    repair(clients, list(provisioned.NOTED))
    problems = lost_properties(clients, list(provisioned.NOTED))
    if problems:
        raise DeploymentFailed("; ".join(problems))
    listed = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return Deployed(
        name=name,
        outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
        resources={r["LogicalResourceId"]: r.get("PhysicalResourceId", "") for r in listed},
    )


def _bootstrap(clients: Clients, template: dict[str, Any]) -> None:
    """What `cdk bootstrap` leaves in an account: the version that the template asks for."""
    for parameter in template.get("Parameters", {}).values():
        name = str(parameter.get("Default", ""))
        if _BOOTSTRAP.fullmatch(name):
            clients.get("ssm").put_parameter(Name=name, Value="30", Type="String", Overwrite=True)


def _upload(clients: Clients, template: dict[str, Any], *, name: str) -> str:
    """Upload the template (it is too long to be sent) and what it expects in the assets bucket.

    Where a function's bundle would be there is a placeholder: the code runs from its folder.
    """
    s3 = clients.get("s3")
    region = s3.meta.region_name
    assets = f"cdk-hnb659fds-assets-{ACCOUNT}-{region}"
    made: set[str] = set()
    for bucket, key in [(assets, ""), *_bundles(template, region)]:
        if bucket not in made:
            made.add(bucket)
            s3.create_bucket(Bucket=bucket, **_location(region))
        if key:
            s3.put_object(Bucket=bucket, Key=key, Body=placeholder_zip())
    key = f"{name}.template.json"
    s3.put_object(Bucket=assets, Key=key, Body=json.dumps(template).encode())
    return f"{clients.endpoint}/{assets}/{key}"


def _bundles(template: dict[str, Any], region: str) -> list[tuple[str, str]]:
    """Bucket and key of every function's code."""
    codes = [
        resource["Properties"]["Code"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    return [
        (_plain(code["S3Bucket"], region), _plain(code["S3Key"], region))
        for code in codes
        if "S3Bucket" in code
    ]


def _location(region: str) -> dict[str, Any]:
    if region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _plain(value: Any, region: str) -> str:
    """A name that CDK builds from the account and the region only."""
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    return str(text).replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", region)


def _settled(cloudformation: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            return stack
        time.sleep(_POLL)


def _failures(cloudformation: Any, name: str, stack: dict[str, Any]) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    lines = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    return f"{name} ended {stack['StackStatus']}: " + "; ".join(lines or ["no resource failed"])
