"""``lakescrub status``: every name that a client of the system needs."""

from typing import Any

from workflow.cli.options import DEFAULT_STACK, Endpoint, Stack, open_workbench
from workflow.cli.output import AsJson, print_json, print_pairs


def status(
    endpoint: Endpoint = None,
    stack: Stack = DEFAULT_STACK,
    as_json: AsJson = False,
) -> None:
    """Print the names of everything that a client needs.

    lakescrub status
    lakescrub status --stack lakescrub-prod --json
    """
    found = read_status(endpoint, stack)
    if as_json:
        print_json(found)
    else:
        print_pairs(
            [(name, value) for name, value in found.items() if name != "outputs"]
            + list(found["outputs"].items())
        )


def read_status(endpoint: str | None, stack: str) -> dict[str, Any]:
    """Read the outputs of a deployed stack.

    Raises:
        NotFound: There is no such stack, or nothing answers at the endpoint.
    """
    client = open_workbench(stack, endpoint).client("cloudformation")
    described = client.describe_stacks(StackName=stack)["Stacks"][0]
    return {
        "endpoint": client.meta.endpoint_url,
        "region": client.meta.region_name,
        "stack": stack,
        "status": described["StackStatus"],
        "outputs": {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])},
    }
