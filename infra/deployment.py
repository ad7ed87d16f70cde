"""Call the CDK command: with the packaged Node, in a version that is known to work."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.account import check_account
from infra.environments import Environment
from workflow.errors import LakescrubError

# The newest version on npm, 3.0.0, is a broken publication:
# https://github.com/aws/aws-cdk/issues/38113
CDK = "aws-cdk@2.1148.1"
ROOT = Path(__file__).parents[1]


class DeploymentFailed(LakescrubError):
    """The CDK command ended with an error, which it has told."""


def run(command: str, environment: Environment) -> None:
    """Run bootstrap, deploy, destroy or diff for one environment.

    Raises:
        UsageError: The account is not ready for it.
        DeploymentFailed: The CDK command failed.
    """
    place = check_account(environment, bootstrapped=command == "deploy")
    line = cdk_command(command, environment, place=place)
    with tempfile.TemporaryDirectory() as empty:
        # Bootstrapping needs no app, and would synthesize the one that it finds.
        folder = empty if command == "bootstrap" else ROOT
        ended = subprocess.run(  # noqa: S603 - our own Node with our own arguments
            line, cwd=folder, env=_with_node_first(line[0]), check=False
        )
    if ended.returncode:
        raise DeploymentFailed(f"cdk {command} ended with {ended.returncode}; see above")


def _with_node_first(node: str) -> dict[str, str]:
    """The environment in which npx and what it starts find this Node, and no older one."""
    path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path}


def cdk_command(command: str, environment: Environment, *, place: str) -> list[str]:
    """Return the command line."""
    node = Path(os.environ["JSII_NODE"])
    npx = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    cdk = [str(node), str(npx), "--yes", CDK, command]
    if command == "bootstrap":
        return [*cdk, place]
    app = f"{sys.executable} -m infra {environment.name}"
    return [*cdk, environment.stack_name, "--app", app]
